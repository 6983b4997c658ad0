// Spots with a tail to one side: equal parts in a row.
#pragma once

#include <vector>

#include "kernels/spot_fit.hpp"
#include "simulation/spot_shape.hpp"

namespace braggd {

/// Where the equal parts of a spot lie that an exponential of length `tail_px` smears towards `tail_rad` (0: along the
/// columns, growing towards the rows): at its quantiles, about the spot's centroid (row, col). One part where there is
/// no tail.
std::vector<PatchPlace> places_of_parts(double row, double col, double tail_px, double tail_rad);

/// The highest pixel of a spot of one count without a cut, in equal parts of `shape`.
double highest_pixel(const SpotShape& shape, const std::vector<PatchPlace>& places);

}  // namespace braggd
