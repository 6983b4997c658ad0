// How much larger or smaller a network's errors are than it says, by the height of the peak and by the noise.
#pragma once

#include <span>
#include <vector>

#include "kernels/noise_model.hpp"

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
  float at(float log_height) const;
};

/// The same where the noise is known. A network sees how high a peak is, but not how well that is known: with the noise it
/// need not state what detectors have in common.
struct ErrorByNoise {
  ErrorByHeight of_whole;  ///< of peaks that end within their patch
  ErrorByHeight of_cut;    ///< of those that reach its border
  float exponent = 0;

  /// What the errors of a peak are multiplied by: exp(of_whole or of_cut) times the relative error of its highest pixel to
  /// the power of `exponent`; 1 where nothing is positive. `patch`: a square, NaN without a value.
  float factor(std::span<const float> patch, double threshold, const NoiseModel& noise) const;
};

/// Whether a square patch has a positive pixel at its border.
bool reaches_border(std::span<const float> patch);

/// The line through (knots[k], values[k]), level outside. `knots` ascending, as many of both.
ErrorByHeight line_through(std::span<const float> knots, std::span<const float> values);

}  // namespace braggd
