// Patches and weights for the anomaly encoder to be tried with.
#pragma once

#include <cmath>
#include <vector>

#include "learning/encoder_lesson.hpp"
#include "learning/encoder_script.hpp"
#include "simulation/random.hpp"

namespace braggd {

/// Spots of different widths, lengths and directions about the middle of 15 x 15 px, in whole counts.
inline std::vector<float> spot_patches(std::size_t n, std::uint64_t seed = 3) {
  std::vector<float> patches;
  Random random(seed, RandomStream::patch);
  for (std::size_t i = 0; i < n; ++i) {
    const double row = random.uniform(6, 8), col = random.uniform(6, 8), turn = random.uniform(0, 3);
    const double width = random.uniform(0.8, 1.5), length = width * random.uniform(1, 3);
    const double peak = random.uniform(100, 5000);
    for (int pixel = 0; pixel < 225; ++pixel) {
      const double down = pixel / 15 - row, right = pixel % 15 - col;
      const double along = (right * std::cos(turn) + down * std::sin(turn)) / length;
      const double across = (down * std::cos(turn) - right * std::sin(turn)) / width;
      const double counts = std::round(peak * std::exp(-(along * along + across * across) / 2));
      patches.push_back(counts < 20 ? 0.0F : static_cast<float>(counts));
    }
  }
  return patches;
}

/// Not trained.
inline std::vector<float> begun_encoder(std::uint64_t seed = 1) {
  const NamedWeights begin = lesson_begin(seed, {});
  std::vector<float> weights;
  for (const WeightPlan& planned : encoder_weights()) {
    const std::vector<float>& values = begin.at(planned.name).values;
    weights.insert(weights.end(), values.begin(), values.end());
  }
  return weights;
}

}  // namespace braggd
