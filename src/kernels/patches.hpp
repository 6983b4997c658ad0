// Small squares cut around peaks, from the sparse pixels of their components.
#pragma once

#include <cstdint>
#include <span>

#include <braggd/peak.hpp>

namespace braggd {

/// The pixel that a patch is cut about and the component whose pixels it shows.
struct PatchCentre {
  std::uint32_t component = 0;  ///< its place in ComponentList::components
  std::uint32_t pixel = 0;      ///< index of the pixel in the middle of the patch
};

/// Frame coordinates of a patch's first pixel; below 0 where the patch hangs over the first row or column.
struct PatchOrigin {
  std::int32_t row = 0, col = 0;
};

/// `size_px` is odd.
constexpr PatchOrigin patch_origin(std::uint32_t pixel, std::uint32_t cols, std::uint32_t size_px) {
  const auto half = static_cast<std::int32_t>(size_px / 2);
  return {static_cast<std::int32_t>(pixel / cols) - half, static_cast<std::int32_t>(pixel % cols) - half};
}

/// Cuts one patch of size_px x size_px (odd) for each centre into `patches`, one after the other, row-major: the
/// corrected counts of the centre's own component, 0 where the frame has anything else, NaN off the detector and on
/// masked pixels. `masked`: rows x cols bytes, non-zero has no value; or empty.
void cut_patches(const ComponentList& list, std::span<const PatchCentre> centres, std::uint32_t size_px,
                 std::span<const std::uint8_t> masked, std::span<float> patches);

/// The definition: every pixel of a patch is looked for by itself.
void cut_patches_reference(const ComponentList& list, std::span<const PatchCentre> centres,
                           std::uint32_t size_px, std::span<const std::uint8_t> masked,
                           std::span<float> patches);

}  // namespace braggd
