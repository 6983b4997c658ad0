// How uncertain a corrected count is.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace braggd {

/// A pixel that expects the signal s has the variance noise_sigma^2 + signal_variance * max(s, 0). A photon counter is
/// (0, 1): Poisson. NaN: not known.
struct NoiseModel {
  double noise_sigma = std::numeric_limits<double>::quiet_NaN();      ///< without signal, counts
  double signal_variance = std::numeric_limits<double>::quiet_NaN();  ///< that each count of signal adds

  bool known() const { return std::isfinite(noise_sigma) && std::isfinite(signal_variance); }
  double variance(double signal) const {
    return noise_sigma * noise_sigma + signal_variance * std::max(signal, 0.0);
  }
};

/// Logarithm of a count's standard deviation over itself. `counts` > 0.
inline double log_relative_error(double counts, const NoiseModel& noise) {
  return 0.5 * std::log(noise.variance(counts)) - std::log(counts);
}

}  // namespace braggd
