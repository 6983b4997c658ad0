// Components with several maxima, cut into the shares of each.
#pragma once

#include <cstdint>
#include <vector>

#include <braggd/peak.hpp>

#include "kernels/noise_model.hpp"

namespace braggd {

/// Which regional maxima count as spots of their own.
struct SplitRule {
  double distance_px = 2;  ///< from every higher one that counts
  double height = 0.1;     ///< of the component's highest
  /// Standard deviations of the difference between a maximum and the lowest pixel on the straight way to the nearest
  /// higher one that counts; where the noise is known. models/accuracy.md says how many maxima of spots and of noise
  /// count.
  double significance = 1;
  NoiseModel noise{};
  double threshold = 0;  ///< what pixels count as that are not in the list
};

/// Components of their own, in the order of those that they were part of and then of their maxima in raster order.
struct Shares {
  ComponentList
      list;  ///< max_pixel: the first pixel of the maximum; n_maxima and flags are the whole's; no `maxima`
  std::vector<std::uint32_t> parent;  ///< of each the component that it was part of
};

/// Gives each pixel of a component to the nearest of its maxima that count; of two as near, to the first. Components
/// with one such maximum stay as they are. `out` keeps its memory.
void split_components(const ComponentList& list, const SplitRule& rule, Shares& out);

}  // namespace braggd
