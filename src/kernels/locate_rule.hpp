// Which estimator is best for a peak of which no more is known than a frame tells.
#pragma once

#include <cstdint>

namespace braggd {

enum class LocateBy : std::uint8_t { centroid, centroid_above, centroid_squared, fit, network, automatic };

struct PeakFacts {
  bool saturated = false;   ///< a pixel of it is
  bool cut = false;         ///< touches the detector's edge or a mask
  bool overlapped = false;  ///< another maximum of its component counts
  bool wide = false;        ///< reaches beyond the patch
  double height = 0;        ///< highest pixel in thresholds
};

/// From the tables in models/accuracy.md, of symmetric spots and of those with a tail: the estimator of the lowest mean
/// distance, or a cheaper one that is about as good. A network that was taught tails is within 5 % of the best for whole
/// spots that are alone, however bright, and better than any other for all else; it is never taught saturated pixels. Of a
/// whole spot the fit is better than the centroid above the threshold by up to 15 % where it is symmetric, and worse by a
/// factor where it is not. Whether the noise is known makes no difference to places. `has_network`: a network may be
/// chosen.
LocateBy best_estimator(const PeakFacts& peak, bool has_network);

}  // namespace braggd
