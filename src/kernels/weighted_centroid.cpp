#include "kernels/weighted_centroid.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace braggd {
namespace {

void add(CentroidSums& sums, double value, double row, double col, CentroidWeight weight, double threshold,
         const NoiseModel& noise) {
  double w = value;
  double slope = 1;
  if (weight == CentroidWeight::above_threshold) w = value - threshold;
  if (weight == CentroidWeight::squared) {
    w = value * value;
    slope = 2 * value;
  }
  sums.weight += w;
  sums.row += w * row;
  sums.col += w * col;
  const double q = slope * slope * noise.variance(value);
  sums.q += q;
  sums.qr += q * row;
  sums.qc += q * col;
  sums.qrr += q * row * row;
  sums.qcc += q * col * col;
}

WeightedCentroid centroid_of(const CentroidSums& sums, double row_base, double col_base) {
  if (!(sums.weight > 0)) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return {none, none, none, none};
  }
  const double row = sums.row / sums.weight;
  const double col = sums.col / sums.weight;
  const auto error = [&](double q_r, double q_rr, double mean) {
    const double variance = q_rr - 2 * mean * q_r + mean * mean * sums.q;
    return std::sqrt(variance < 0 ? 0 : variance) / sums.weight;  // NaN stays
  };
  return {row_base + row, col_base + col, error(sums.qr, sums.qrr, row), error(sums.qc, sums.qcc, col)};
}

}  // namespace

void component_centroids(const ComponentList& list, CentroidWeight weight, double threshold,
                         const NoiseModel& noise, std::vector<CentroidSums>& sums,
                         std::span<WeightedCentroid> out) {
  sums.assign(list.components.size(), {});
  const SparseFrame& pixels = *list.pixels;
  std::uint64_t row_first = 0;
  std::uint32_t row = 0;
  for (std::size_t i = 0; i < pixels.index.size(); ++i) {
    const std::uint32_t component = list.component_of[i];
    if (component == no_component) continue;
    if (pixels.index[i] >= row_first + list.shape.cols) {
      row = pixels.index[i] / list.shape.cols;
      row_first = std::uint64_t{row} * list.shape.cols;
    }
    const Component& c = list.components[component];
    const double row_offset = row - c.row_begin;
    const double col_offset = static_cast<double>(pixels.index[i] - row_first) - c.col_begin;
    add(sums[component], double{pixels.value[i]}, row_offset, col_offset, weight, threshold, noise);
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = centroid_of(sums[i], list.components[i].row_begin, list.components[i].col_begin);
}

WeightedCentroid patch_centroid(std::span<const float> patch, std::uint32_t size_px, CentroidWeight weight,
                                double threshold, const NoiseModel& noise) {
  CentroidSums sums;
  for (std::uint32_t row = 0; row < size_px; ++row) {
    for (std::uint32_t col = 0; col < size_px; ++col) {
      const double value = patch[row * size_px + col];
      // Zeros fill what belongs to others, also where the threshold is below 0.
      if (value >= threshold && value != 0) add(sums, value, row, col, weight, threshold, noise);
    }
  }
  return centroid_of(sums, 0, 0);
}

}  // namespace braggd
