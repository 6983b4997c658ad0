// Any recorded scan.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/scan_reader.hpp"

namespace braggd {

struct OpenScanOptions {
  std::string dataset;  ///< HDF5 path of the frames; empty: found by itself
};

/// Opens a scan in whatever format it is in: NeXus or DECTRIS HDF5, hexrd frame-cache (.npz, .fch5), GE raw.
/// Decided by the first bytes, and by the extension where the format has no signature. Throws InputError.
std::unique_ptr<ScanReader> open_scan(const std::filesystem::path& path, const OpenScanOptions& options = {});

/// Throws InputError unless `path` is a file that can be read and holds something.
void require_readable_file(const std::filesystem::path& path);

}  // namespace braggd
