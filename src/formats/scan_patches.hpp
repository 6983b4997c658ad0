// The patches of a scan that the rare event indicator looks at, as a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "formats/hdf5.hpp"
#include "kernels/rei_patches.hpp"

namespace braggd {

/// A frame as it was looked at, with patches or without.
struct PatchFrame {
  std::uint64_t frame = 0;
  double omega_deg = 0;  ///< NaN: not known
  std::uint32_t n_patches = 0;
  std::uint32_t n_too_big = 0;
  std::uint64_t too_big_pixels = 0;
  friend bool operator==(const PatchFrame&, const PatchFrame&) = default;
};

/// Frames in ascending order, patches in the order of their frames.
struct ScanPatches {
  std::string scan_id;
  double first_omega_deg = 0;  ///< where the scan began; NaN: not known
  std::vector<PatchFrame> frames;
  std::vector<float> pixels;  ///< patches x 15 x 15
  std::vector<ReiOrigin> origins;

  std::size_t size() const { return origins.size(); }
};

/// How files of patches are called: <scan id>.patches.h5.
inline constexpr std::string_view patches_suffix = ".patches.h5";

/// By its name.
inline bool is_patches_file(const std::filesystem::path& file) {
  return file.filename().string().ends_with(patches_suffix);
}

/// Writes into an HDF5 file, with the names of the published program: `patch` (n, 15, 15), `coordinate` (n, 3) as frame,
/// row, column of the patch's corner, `frame_idx` (n); beside them the group `frames`. Throws hdf5::Error.
void write_scan_patches(const hdf5::Handle& file, const ScanPatches& patches);

/// Reads what was written; sizes are checked before memory is taken for them. Throws InputError.
ScanPatches read_scan_patches(const std::filesystem::path& file);

}  // namespace braggd
