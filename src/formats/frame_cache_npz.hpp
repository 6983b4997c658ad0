// Frame caches of hexrd: the pixels above a threshold, frame by frame, in a NumPy archive.
#pragma once

#include <filesystem>
#include <memory>

#include "core/scan_reader.hpp"

namespace braggd {

/// Entries `<i>_row`, `<i>_col`, `<i>_data` for each frame; `shape` (rows, columns), `nframes`, `dtype`, and
/// if it is there `omega` (nframes, 2): where each frame begins and ends, in degrees. Frames come back dense
/// and raw: u8, u16, u32 or f32 as `dtype` says; signed and 64-bit types become the unsigned or f32 one that
/// holds their values exactly, and a frame with a value that does not fit is a decode error. The scan is
/// named after the file. Only the metadata is read here; throws InputError for what is no frame cache.
std::unique_ptr<ScanReader> open_frame_cache_npz(const std::filesystem::path& path);

}  // namespace braggd
