#include "formats/hdf5_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

namespace braggd::hdf5 {

namespace {

// What travels in the access properties; HDF5 copies it as bytes.
struct DriverInfo {
  int* failure;
};

struct DriverFile : H5FD_t {
  int descriptor = -1;
  haddr_t end_of_addresses = 0;
  haddr_t end_of_file = 0;
  int* failure = nullptr;

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

H5FD_t* open_new(const char* name, unsigned /*flags*/, hid_t access, haddr_t /*max_address*/) {
  const auto* info = static_cast<const DriverInfo*>(H5Pget_driver_info(access));
  if (info == nullptr) return nullptr;
  const int descriptor = ::open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    *info->failure = errno;
    return nullptr;
  }
  auto* file = new DriverFile{};
  file->descriptor = descriptor;
  file->failure = info->failure;
  return file;
}

herr_t close_durably(H5FD_t* base) {
  const DriverFile& file = driver_file(base);
  if (*file.failure == 0 && ::fsync(file.descriptor) != 0) file.remember(errno);
  if (::close(file.descriptor) != 0) file.remember(errno);
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
herr_t read(H5FD_t* base, H5FD_mem_t /*kind*/, hid_t /*transfer*/, haddr_t address, std::size_t size,
            void* buffer) {
  const DriverFile& file = driver_file(base);
  auto* out = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = ::pread(file.descriptor, out, size, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {
      std::memset(out, 0, size);
      return 0;
    }
    out += got;
    size -= static_cast<std::size_t>(got);
    address += static_cast<haddr_t>(got);
  }
  return 0;
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
  driver.name = "enduring";
  driver.maxaddr = (haddr_t{1} << 62) - 1;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(DriverInfo);
  driver.open = open_new;
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

}  // namespace

Handle enduring_file_access(int& failure) {
  static const hid_t driver = register_driver();
  const DriverInfo info{&failure};
  Handle access = own("file access", [] { return H5Pcreate(H5P_FILE_ACCESS); });
  call("file driver", [&] { return H5Pset_driver(access.id(), driver, &info); });
  return access;
}

}  // namespace braggd::hdf5
