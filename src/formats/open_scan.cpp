#include "formats/open_scan.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "formats/frame_cache_fch5.hpp"
#include "formats/frame_cache_npz.hpp"
#include "formats/ge_file.hpp"
#include "formats/hdf5.hpp"
#include "formats/nexus_scan.hpp"
#include "formats/rehearsal.hpp"

namespace braggd {

namespace fs = std::filesystem;

namespace {

constexpr const char* readable_formats =
    "HDF5 (NeXus, DECTRIS master files), hexrd frame-caches (.npz, .fch5) and GE raw files (.ge, .ge1 ... "
    ".ge5) can be";

bool begins_with_zip_signature(const fs::path& path) {
  std::string head(4, '\0');
  std::ifstream(path, std::ios::binary).read(head.data(), 4);
  return head == std::string("PK\3\4", 4) || head == std::string("PK\5\6", 4);
}

bool is_hdf5(const fs::path& path) {
  const hdf5::Guard guard;
  const bool is = H5Fis_hdf5(path.c_str()) > 0;
  H5Eclear2(H5E_DEFAULT);
  return is;
}

bool has_ge_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!extension.starts_with(".ge")) return false;
  return extension.size() == 3 || (extension.size() == 4 && extension[3] >= '0' && extension[3] <= '9');
}

void refuse_choice(const fs::path& path, const OpenScanOptions& options, const char* format) {
  if (options.dataset.empty()) return;
  throw InputError(path.string() + " is a " + format +
                   ", which has no datasets to choose from: leave the dataset out");
}

std::unique_ptr<ScanReader> open_hdf5_scan(const fs::path& path, const OpenScanOptions& options) {
  if (!is_frame_cache_fch5(path)) return open_nexus_scan(path, options.dataset);
  refuse_choice(path, options, "frame-cache");
  return open_frame_cache_fch5(path);
}

}  // namespace

void require_readable_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) throw InputError(path.string() + " does not exist");
  if (fs::is_directory(status)) throw InputError(path.string() + " is a directory, not a file");
  if (!fs::is_regular_file(status)) throw InputError(path.string() + " is no ordinary file");
  if (!std::ifstream(path, std::ios::binary))
    throw InputError(path.string() + " may not be read: check its permissions");
  if (fs::file_size(path, error) == 0) throw InputError(path.string() + " is empty");
}

std::unique_ptr<ScanReader> open_scan(const fs::path& path, const OpenScanOptions& options) {
  require_readable_file(path);
  if (is_hdf5(path)) {
    rehearse(rehearse_scan, path, options.dataset);
    return open_hdf5_scan(path, options);
  }
  if (begins_with_zip_signature(path)) {
    refuse_choice(path, options, "frame-cache");
    return open_frame_cache_npz(path);
  }
  if (has_ge_extension(path)) {
    refuse_choice(path, options, "GE raw file");
    return open_ge_file(path);
  }
  throw InputError(path.string() + " is in no format that is known here; " + readable_formats);
}

}  // namespace braggd
