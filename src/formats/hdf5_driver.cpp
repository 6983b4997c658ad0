#include "formats/hdf5_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "formats/global_heap.hpp"

namespace braggd::hdf5 {

namespace {

// What travels in the access properties; HDF5 copies it as bytes. Files that are read come without.
struct DriverInfo {
  int* failure;
};

struct DriverFile : H5FD_t {
  int descriptor = -1;
  haddr_t end_of_addresses = 0;
  haddr_t end_of_file = 0;
  int* failure = nullptr;  ///< null: the file is read

  void remember(int error) const {
    if (*failure == 0) *failure = error;
  }
};

DriverFile& driver_file(H5FD_t* file) {
  return *static_cast<DriverFile*>(file);
}
const DriverFile& driver_file(const H5FD_t* file) {
  return *static_cast<const DriverFile*>(file);
}

H5FD_t* open_file_at(const char* name, unsigned flags, hid_t access, haddr_t /*max_address*/) {
  const bool is_new = (flags & H5F_ACC_RDWR) != 0;
  const auto* info = is_new ? static_cast<const DriverInfo*>(H5Pget_driver_info(access)) : nullptr;
  int* const failure = info != nullptr ? info->failure : nullptr;
  const int mode = failure != nullptr ? O_RDWR | O_CREAT | O_EXCL : O_RDONLY;
  const int descriptor = ::open(name, mode | O_CLOEXEC, 0666);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    if (failure != nullptr) *failure = errno;
    if (descriptor >= 0) ::close(descriptor);
    return nullptr;
  }
  auto* file = new DriverFile{};
  file->descriptor = descriptor;
  file->end_of_file = static_cast<haddr_t>(status.st_size);
  file->failure = failure;
  return file;
}

herr_t close_durably(H5FD_t* base) {
  const DriverFile& file = driver_file(base);
  const bool written = file.failure != nullptr;
  if (written && *file.failure == 0 && ::fsync(file.descriptor) != 0) file.remember(errno);
  if (::close(file.descriptor) != 0 && written) file.remember(errno);
  delete &file;
  return 0;
}

herr_t query(const H5FD_t* /*file*/, unsigned long* features) {
  *features = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
              H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

haddr_t get_end_of_addresses(const H5FD_t* file, H5FD_mem_t /*kind*/) {
  return driver_file(file).end_of_addresses;
}

herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t /*kind*/, haddr_t address) {
  driver_file(file).end_of_addresses = address;
  return 0;
}

haddr_t get_end_of_file(const H5FD_t* file, H5FD_mem_t /*kind*/) {
  return driver_file(file).end_of_file;
}

herr_t get_descriptor(H5FD_t* file, hid_t /*access*/, void** descriptor) {
  *descriptor = &driver_file(file).descriptor;
  return 0;
}

// What lies beyond the end reads as zeros.
bool read_fully(const DriverFile& file, haddr_t address, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(file.descriptor, out.data(), out.size(), static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) {
      std::ranges::fill(out, std::byte{0});
      return true;
    }
    out = out.subspan(static_cast<std::size_t>(got));
    address += static_cast<haddr_t>(got);
  }
  return true;
}

bool is_damaged_heap(const DriverFile& file, haddr_t address, std::span<const std::byte> beginning) {
  const auto size = global_heap_bytes(beginning);
  if (!size) return false;
  if (address > file.end_of_file || *size > file.end_of_file - address) return true;
  std::vector<std::byte> collection(static_cast<std::size_t>(*size));
  return !read_fully(file, address, collection) || !is_sound_global_heap(collection);
}

herr_t read(H5FD_t* base, H5FD_mem_t /*kind*/, hid_t /*transfer*/, haddr_t address, std::size_t size,
            void* buffer) {
  const DriverFile& file = driver_file(base);
  const std::span<std::byte> out(static_cast<std::byte*>(buffer), size);
  if (!read_fully(file, address, out)) return -1;
  return file.failure == nullptr && is_damaged_heap(file, address, out) ? -1 : 0;
}

herr_t write(H5FD_t* base, H5FD_mem_t /*kind*/, hid_t /*transfer*/, haddr_t address, std::size_t size,
             const void* buffer) {
  DriverFile& file = driver_file(base);
  const auto* in = static_cast<const char*>(buffer);
  file.end_of_file = std::max(file.end_of_file, address + size);
  while (size > 0 && *file.failure == 0) {
    const ssize_t put = ::pwrite(file.descriptor, in, size, static_cast<off_t>(address));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      file.remember(put == 0 ? EIO : errno);
      return 0;
    }
    in += put;
    size -= static_cast<std::size_t>(put);
    address += static_cast<haddr_t>(put);
  }
  return 0;
}

herr_t truncate(H5FD_t* base, hid_t /*transfer*/, hbool_t /*closing*/) {
  DriverFile& file = driver_file(base);
  if (file.end_of_addresses == file.end_of_file) return 0;
  if (*file.failure == 0 && ::ftruncate(file.descriptor, static_cast<off_t>(file.end_of_addresses)) != 0) {
    file.remember(errno);
  }
  file.end_of_file = file.end_of_addresses;
  return 0;
}

hid_t register_driver() {
  constexpr H5FD_mem_t one_kind_of_space[] = H5FD_FLMAP_DICHOTOMY;
  static H5FD_class_t driver{};
  driver.name = "braggd";
  driver.maxaddr = (haddr_t{1} << 62) - 1;
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(DriverInfo);
  driver.open = open_file_at;
  driver.close = close_durably;
  driver.query = query;
  driver.get_eoa = get_end_of_addresses;
  driver.set_eoa = set_end_of_addresses;
  driver.get_eof = get_end_of_file;
  driver.get_handle = get_descriptor;
  driver.read = read;
  driver.write = write;
  driver.truncate = truncate;
  std::copy(std::begin(one_kind_of_space), std::end(one_kind_of_space), std::begin(driver.fl_map));
  return call("file driver", [] { return H5FDregister(&driver); });
}

Handle access_by(const DriverInfo* info) {
  static const hid_t driver = register_driver();
  Handle access = own("file access", [] { return H5Pcreate(H5P_FILE_ACCESS); });
  call("file driver", [&] { return H5Pset_driver(access.id(), driver, info); });
  return access;
}

}  // namespace

Handle enduring_file_access(int& failure) {
  const DriverInfo info{&failure};
  Handle access = access_by(&info);
  call("file access", [&] { return H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG); });
  return access;
}

Handle wary_file_access() {
  return access_by(nullptr);
}

}  // namespace braggd::hdf5
