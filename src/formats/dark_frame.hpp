// Dark frames and masks from files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <braggd/frame.hpp>

namespace braggd {

/// The mean over the frames of a scan file of any format (see open_scan), per pixel over those frames in
/// which the pixel has a value: no-data values (2^N-1 and 2^N-2 of N-bit integers, what is not finite) and
/// pixels under the file's own mask have none, and where no frame has one the mean is NaN. Summed in double
/// precision, rows x cols. Throws InputError.
std::vector<float> load_dark(const std::filesystem::path& path, const std::string& dataset, Shape& shape_out);

/// A mask from an HDF5 file, rows x cols, 1 where the stored value is not zero: masked. `dataset` empty:
/// `mask`, the usual places of NeXus, or the only (rows, cols) dataset in the file. Integers and booleans.
/// Throws InputError.
std::vector<std::uint8_t> load_mask(const std::filesystem::path& path, const std::string& dataset,
                                    Shape& shape_out);

}  // namespace braggd
