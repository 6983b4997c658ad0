// The patches that the rare event indicator looks at: every component alone in a small square.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <braggd/peak.hpp>

namespace braggd {

inline constexpr std::uint32_t rei_patch_px = 15;
inline constexpr std::uint32_t rei_patch_pixels = rei_patch_px * rei_patch_px;
inline constexpr std::uint32_t rei_smallest_box_px = 3;

/// `compat` gives the numbers of the published program (RareEventDetectionHEDM): intensities cut to u16 and rounded to
/// float16, positions wrapped to u16. `stream` keeps intensities and positions as they are.
enum class ReiMode : std::uint8_t { stream, compat };

/// Where a patch was cut: the frame, and the corner of the patch, which may lie outside of the frame.
struct ReiOrigin {
  std::uint64_t frame = 0;
  std::int32_t row = 0, col = 0;
  friend constexpr auto operator<=>(const ReiOrigin&, const ReiOrigin&) = default;
};

/// Patches in the order of their components, and the account of those that gave none.
struct ReiPatches {
  std::vector<float> pixels;  ///< patches x 15 x 15
  std::vector<ReiOrigin> origins;
  std::vector<std::uint32_t> component;  ///< of each patch, its place in ComponentList::components
  std::uint32_t n_too_small = 0;         ///< box below 3 px in a direction
  std::uint32_t n_too_big = 0;           ///< box above 15 px in a direction, none below 3
  std::uint64_t too_big_pixels = 0;      ///< area of those
  std::uint32_t n_flat = 0;              ///< a full square of one intensity: nothing to look at

  std::size_t size() const { return origins.size(); }
  std::span<const float> patch(std::size_t i) const {
    return std::span(pixels).subspan(i * rei_patch_pixels, rei_patch_pixels);
  }
};

/// Replaces the content of `out` by the patches of a frame: components whose box is 3 to 15 px in both directions, other
/// components' pixels left out, centred with the smaller half of the zeros above and to the left. `frame` is the number
/// that the origins get. Components that `components` does not hold (they were left out as too small or too big when it
/// was made) are not counted here.
void cut_rei_patches(const ComponentList& components, std::uint64_t frame, ReiMode mode, ReiPatches& out);

/// The definition: patch after patch, each looking through all pixels.
void cut_rei_patches_reference(const ComponentList& components, std::uint64_t frame, ReiMode mode,
                               ReiPatches& out);

/// An intensity as the published program keeps it: cut to u16 (larger ones wrap), rounded to the nearest float16, ties to
/// even, and back. What becomes infinite there comes back as 0, as x86-64 converts it.
std::uint16_t rei_compat_intensity(float intensity);

/// An origin's number as the published program keeps it.
constexpr std::uint16_t rei_compat_coordinate(std::int64_t value) {
  return static_cast<std::uint16_t>(value);
}

}  // namespace braggd
