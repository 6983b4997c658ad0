// Centres of mass of components and patches under other weights than the intensity.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <braggd/peak.hpp>

#include "kernels/noise_model.hpp"

namespace braggd {

/// What a pixel of value x weighs: x, x - threshold, or x^2.
enum class CentroidWeight : std::uint8_t { intensity, above_threshold, squared };

struct WeightedCentroid {
  double row = 0, col = 0;  ///< NaN where the weights do not sum to a positive number
  /// One sigma, px: the pixels' variances carried through the quotient to first order, without what the threshold does
  /// to them. NaN where the noise is not known.
  double row_error = std::numeric_limits<double>::quiet_NaN();
  double col_error = std::numeric_limits<double>::quiet_NaN();
};

/// The centroid of every component over all its pixels, in double precision, in frame coordinates. `out` has one entry
/// a component; `sums` is working space.
struct CentroidSums {
  double weight = 0, row = 0, col = 0;             // sums of w, w r, w c
  double q = 0, qr = 0, qc = 0, qrr = 0, qcc = 0;  // of q = (dw/dx)^2 variance, q r, q c, q r^2, q c^2
};
void component_centroids(const ComponentList& list, CentroidWeight weight, double threshold,
                         const NoiseModel& noise, std::vector<CentroidSums>& sums,
                         std::span<WeightedCentroid> out);

/// The centroid of a patch (size_px x size_px, row-major) over its pixels at or above threshold, in px from the centre
/// of its first pixel. Pixels without a value (NaN) and those below threshold have no weight.
WeightedCentroid patch_centroid(std::span<const float> patch, std::uint32_t size_px, CentroidWeight weight,
                                double threshold, const NoiseModel& noise);

}  // namespace braggd
