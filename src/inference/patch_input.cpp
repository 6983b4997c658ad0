#include "inference/patch_input.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace braggd {

namespace {

// Sums and maxima run in 16 lanes that are folded at the end: the compiler may keep them in registers of any width and
// the result is the same.
constexpr std::size_t lanes = 16;
constexpr std::size_t max_centroid_px = 32;
// Below it there is nothing to be seen, and its reciprocal may be infinite.
constexpr float least_count = 1e-30F;

float finite_or_zero(float x) {
  return x > -3e38F && x < 3e38F ? x : 0.0F;
}

struct Extremes {
  float lowest, highest;
};

Extremes extremes_of(std::span<const float> patch) {
  std::array<float, lanes> low, high;
  low.fill(3e38F);
  high.fill(-3e38F);
  const std::size_t whole = patch.size() / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const float x = finite_or_zero(patch[i + k]);
      low[k] = x < low[k] ? x : low[k];
      high[k] = x > high[k] ? x : high[k];
    }
  }
  Extremes all{3e38F, -3e38F};
  for (std::size_t i = whole; i < patch.size(); ++i) {
    all.lowest = std::min(all.lowest, finite_or_zero(patch[i]));
    all.highest = std::max(all.highest, finite_or_zero(patch[i]));
  }
  for (std::size_t k = 0; k < lanes; ++k) {
    all.lowest = std::min(all.lowest, low[k]);
    all.highest = std::max(all.highest, high[k]);
  }
  return all;
}

void sqrt_and_mask(std::span<const float> patch, float threshold, std::span<float> channels) {
  const float highest = extremes_of(patch).highest;
  const float per_count = highest > least_count ? 1 / highest : 0.0F;
  const float inside = std::sqrt(std::clamp(threshold * per_count, 0.0F, 1.0F));
  const std::span<float> counts = channels.first(patch.size());
  const std::span<float> mask = channels.subspan(patch.size(), patch.size());
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const float x = patch[i];
    const float positive = x > 0 && x < 3e38F ? x : 0.0F;
    counts[i] = std::sqrt(positive * per_count);
    const float in_or_out = positive > 0 ? inside : 0.0F;
    mask[i] = x > -3e38F && x < 3e38F ? in_or_out : -1.0F;
  }
}

}  // namespace

PatchPosition squared_centroid(std::span<const float> patch, std::uint32_t size_px) {
  // Scaled by the maximum, so that squares of large counts stay exact enough and finite.
  const float highest = extremes_of(patch).highest;
  const float middle = static_cast<float>(size_px - 1) / 2;
  if (!(highest > least_count)) return {middle, middle};
  const float per_count = 1 / highest;
  std::array<float, max_centroid_px> by_col{};
  float sum = 0, row_sum = 0, col_sum = 0;
  for (std::uint32_t row = 0; row < size_px; ++row) {
    const float* line = patch.data() + std::size_t{row} * size_px;
    float in_row = 0;
    std::array<float, max_centroid_px> squares;
    for (std::uint32_t col = 0; col < size_px; ++col) {
      const float x = line[col] > 0 && line[col] < 3e38F ? line[col] * per_count : 0.0F;
      squares[col] = x * x;
      by_col[col] += x * x;
    }
    for (std::uint32_t col = 0; col < size_px; ++col) in_row += squares[col];
    sum += in_row;
    row_sum += static_cast<float>(row) * in_row;
  }
  for (std::uint32_t col = 0; col < size_px; ++col) col_sum += static_cast<float>(col) * by_col[col];
  return {row_sum / sum, col_sum / sum};
}

void prepare_patch(PatchInput input, std::span<const float> patch, float threshold,
                   std::span<float> channels) {
  if (input == PatchInput::sqrt_and_mask) {
    sqrt_and_mask(patch, threshold, channels);
    return;
  }
  Extremes range{0, 1};
  if (input == PatchInput::min_max) range = extremes_of(patch);
  const float width = range.highest - range.lowest;
  const float per_count = width > least_count ? 1 / width : 0.0F;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    channels[i] = (finite_or_zero(patch[i]) - range.lowest) * per_count;
  }
}

}  // namespace braggd
