// Components with several maxima, cut into the shares of each.
#pragma once

#include <cstdint>
#include <vector>

#include <braggd/peak.hpp>

namespace braggd {

/// Which regional maxima count as spots of their own.
struct SplitRule {
  double distance_px = 2;  ///< from every higher one that counts
  double height = 0.1;     ///< of the component's highest
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
