// How much larger or smaller a network's errors are than it says, by the height of the peak.
#pragma once

#include <span>
#include <vector>

namespace braggd {

/// What is added to the logarithm of an error: offset + sum of slopes[k] * max(u - knots[k], 0), u = ln(height) and the height
/// the highest pixel in thresholds. A network that looks for places forgets how high a peak was; its errors are then
/// too small for low ones and too large for high ones.
struct ErrorByHeight {
  std::vector<float> knots, slopes;  ///< as many of both, knots ascending; none: 0 is added at every height
  float offset = 0;

  /// `mask`: the second channel of sqrt_and_mask_channels, whose greatest value is 1 / sqrt(height); it is taken as 0.001 to
  /// 1, so where nothing is positive as that of a very high peak.
  float of(std::span<const float> mask) const;
};

/// The line through (knots[k], values[k]), level outside. `knots` ascending, as many of both.
ErrorByHeight line_through(std::span<const float> knots, std::span<const float> values);

}  // namespace braggd
