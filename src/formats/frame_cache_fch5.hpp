// hexrd's frame-cache in HDF5: the pixels of a scan that are not zero.
#pragma once

#include <filesystem>
#include <memory>

#include "core/scan_reader.hpp"

namespace braggd {

/// Opens a `.fch5` frame-cache (hexrd, imageseries "frame-cache", format version 1); frames are rebuilt
/// dense, zero where nothing is stored. Throws InputError.
std::unique_ptr<ScanReader> open_frame_cache_fch5(const std::filesystem::path& path);

/// True where an HDF5 file says that it is one.
bool is_frame_cache_fch5(const std::filesystem::path& path);

}  // namespace braggd
