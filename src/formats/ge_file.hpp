// Raw frames of GE amorphous-silicon panels (.ge, .ge1 … .ge5).
#pragma once

#include <filesystem>
#include <memory>

#include "core/scan_reader.hpp"

namespace braggd {

/// A header of 8192 bytes, whose content is not looked at, then frames of 2048 x 2048 u16, little-endian, one
/// after another. The scan is named after the file. Throws InputError for what is no such file.
std::unique_ptr<ScanReader> open_ge_file(const std::filesystem::path& path);

}  // namespace braggd
