// A patch as the training of the anomaly encoder shows it: mirrored, with a hole, turned.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/rei_patches.hpp"
#include "simulation/random.hpp"

namespace braggd {

/// Pixels that a view sets to 0; none where n_rows is 0.
struct ErasedBox {
  std::uint32_t row = 0, col = 0, n_rows = 0, n_cols = 0;
};

/// What is done to a patch, in this order.
struct PatchView {
  bool mirror_cols = false, mirror_rows = false;
  ErasedBox erased;
  double turn_rad = 0;  ///< counter-clockwise as displayed, row 0 above
};

/// A view by the published rule (RareEventDetectionHEDM): mirrored either way with probability 1/2 each; with probability
/// 1/5 a box erased, its area uniform in 1/15 to 4/15 of the patch, the logarithm of its ratio of rows to columns uniform
/// between those of 1/2 and 2, anywhere inside; turned by any angle.
PatchView draw_view(Random& random);

/// `patch`, `shown`: 15 x 15, different memory. Turned about the middle, each pixel takes the nearest one's value, 0 from
/// outside.
void show_patch(const PatchView& view, std::span<const float> patch, std::span<float> shown);

/// `patch` (15 x 15, finite) from its lowest to its highest value as 0 to 1; zeros where these are one.
void scale_to_unit(std::span<const float> patch, std::span<float> scaled);

}  // namespace braggd
