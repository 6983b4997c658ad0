// What a fit is held against: the pixels of a patch, and what each adds to the cost.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

#include "kernels/kernel_set.hpp"
#include "kernels/noise_model.hpp"
#include "kernels/spot_fit.hpp"

namespace braggd::detail {

/// The pixels that say anything, in raster order.
struct Datum {
  std::uint16_t row, col;
  bool below;  // of the value only that it is below the threshold is known
  double value, inverse_sigma;
};

struct Data {
  std::array<Datum, std::size_t{largest_fit_patch_px} * largest_fit_patch_px> pixels;
  std::size_t n = 0, n_above = 0;
  std::uint32_t size_px = 0;
  double threshold = 0;
  KernelSet kernels = KernelSet::scalar;
};

/// What a pixel adds to the cost, and its derivatives by the model's value in units of sigma.
struct Penalty {
  double cost, slope, curvature;
};

// A pixel whose model lies so far below the threshold (in sigma) says nothing.
inline constexpr double certain_z = 4.5;
inline constexpr double certain_cost = 3.4e-6;  // there, taken off so that the cost has no step

/// -log of the share of a normal distribution below z.
inline Penalty censored(double z) {
  if (z < -8) {  // the continued fraction of Mills' ratio
    const double hazard = -z + 1 / (-z + 2 / (-z + 3 / -z));
    const double cost = 0.5 * z * z + std::log(hazard * std::sqrt(2 * std::numbers::pi));
    return {cost - certain_cost, hazard, hazard * (hazard + z)};
  }
  const double share = 0.5 * std::erfc(-z / std::numbers::sqrt2);
  const double hazard = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi) / share;
  return {-std::log(share) - certain_cost, hazard, hazard * (hazard + z)};
}

inline double usable_variance(const NoiseModel& noise, double signal) {
  return std::max({noise.variance(signal), 0.25 * noise.signal_variance, 1e-6});
}

/// The pixels of a patch that have a value, with the variance that their values suggest.
inline void collect(std::span<const float> patch, std::uint32_t size_px, double threshold,
                    const NoiseModel& noise, Data& data) {
  data.size_px = size_px;
  data.threshold = threshold;
  for (std::uint32_t r = 0; r < size_px; ++r) {
    for (std::uint32_t c = 0; c < size_px; ++c) {
      const double value = patch[r * size_px + c];
      if (std::isnan(value)) continue;
      const bool below = value == 0 || value < threshold;
      const double expected = below ? std::min(0.25 * threshold, threshold) : value;
      data.pixels[data.n++] = {static_cast<std::uint16_t>(r), static_cast<std::uint16_t>(c), below, value,
                               1 / std::sqrt(usable_variance(noise, expected))};
      if (!below) ++data.n_above;
    }
  }
}

}  // namespace braggd::detail
