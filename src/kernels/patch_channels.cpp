// Compiled without errno of mathematical functions, which would keep roots from being taken side by side. (Without traps of
// arithmetic GCC 12 takes fewer pixels side by side here, not more.)
#include "kernels/patch_channels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "kernels/target.hpp"

namespace braggd {

namespace {

// Sums and maxima run in 16 lanes that are folded at the end: the compiler may keep them in registers of any width and
// the result is the same.
constexpr std::size_t lanes = 16;
constexpr std::size_t max_size_px = 32;
// Below it there is nothing to be seen, and its reciprocal may be infinite.
constexpr float least_count = 1e-30F;

using Lanes = std::array<float, lanes>;

BRAGGD_KERNEL_BODY bool is_finite(float x) {
  return x > -3e38F && x < 3e38F;
}
BRAGGD_KERNEL_BODY float finite_or_zero(float x) {
  return is_finite(x) ? x : 0.0F;
}
BRAGGD_KERNEL_BODY float positive_or_zero(float x) {
  return x > 0 && x < 3e38F ? x : 0.0F;
}

template <class Operation>
BRAGGD_KERNEL_BODY float folded(Lanes values, Operation operation) {
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) values[k] = operation(values[k], values[k + half]);
  }
  return values[0];
}

BRAGGD_KERNEL_BODY float larger(float x, float y) {
  return x > y ? x : y;
}

/// The highest positive count, or 0.
BRAGGD_KERNEL_BODY float highest_of(std::span<const float> patch) {
  Lanes high{};
  const std::size_t whole = patch.size() / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) high[k] = larger(positive_or_zero(patch[i + k]), high[k]);
  }
  for (std::size_t i = whole; i < patch.size(); ++i) {
    high[i - whole] = larger(positive_or_zero(patch[i]), high[i - whole]);
  }
  return folded(high, [](float x, float y) { return larger(x, y); });
}

BRAGGD_KERNEL_BODY SquaredCentroid centroid(std::span<const float> patch, std::uint32_t size_px) {
  const float highest = highest_of(patch);
  const float middle = static_cast<float>(size_px - 1) / 2;
  if (!(highest > least_count)) return {middle, middle};
  // Scaled by the maximum, so that squares of large counts stay exact enough and finite.
  const float per_count = 1 / highest;
  alignas(64) std::array<float, max_size_px * max_size_px + lanes> squares;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const float x = positive_or_zero(patch[i]) * per_count;
    squares[i] = x * x;
  }
  std::fill_n(squares.data() + patch.size(), lanes, 0.0F);
  Lanes sum{}, row_sum{}, col_sum{};
  for (std::uint32_t begin = 0; begin < size_px; begin += lanes) {
    Lanes inside{}, by_col{};
    for (std::uint32_t k = 0; k < lanes; ++k) inside[k] = begin + k < size_px ? 1.0F : 0.0F;
    for (std::uint32_t row = 0; row < size_px; ++row) {
      const float* line = squares.data() + std::size_t{row} * size_px + begin;
      for (std::size_t k = 0; k < lanes; ++k) {
        const float square = line[k] * inside[k];
        by_col[k] += square;
        row_sum[k] += static_cast<float>(row) * square;
      }
    }
    for (std::uint32_t k = 0; k < lanes; ++k) {
      sum[k] += by_col[k];
      col_sum[k] += static_cast<float>(begin + k) * by_col[k];
    }
  }
  const auto plus = [](float x, float y) { return x + y; };
  const float all = folded(sum, plus);
  return {folded(row_sum, plus) / all, folded(col_sum, plus) / all};
}

BRAGGD_KERNEL_BODY void sqrt_and_mask(std::span<const float> patch, float threshold,
                                      std::span<float> channels) {
  const float highest = highest_of(patch);
  const float per_count = highest > least_count ? 1 / highest : 0.0F;
  const float inside = std::sqrt(std::clamp(threshold * per_count, 0.0F, 1.0F));
  const std::size_t pixels = patch.size();
  const float* from = patch.data();
  float* __restrict counts = channels.first(pixels).data();
  float* __restrict mask = channels.subspan(pixels, pixels).data();
  // In a loop of their own roots are taken side by side.
  for (std::size_t i = 0; i < pixels; ++i) counts[i] = positive_or_zero(from[i]) * per_count;
  for (std::size_t i = 0; i < pixels; ++i) counts[i] = std::sqrt(counts[i]);
  for (std::size_t i = 0; i < pixels; ++i) {
    const float in_or_out = from[i] > 0 ? inside : 0.0F;
    mask[i] = is_finite(from[i]) ? in_or_out : -1.0F;
  }
}

#if BRAGGD_X86_KERNELS
BRAGGD_TARGET_AVX2 SquaredCentroid centroid_avx2(std::span<const float> patch, std::uint32_t size_px) {
  return centroid(patch, size_px);
}
BRAGGD_TARGET_AVX512 SquaredCentroid centroid_avx512(std::span<const float> patch, std::uint32_t size_px) {
  return centroid(patch, size_px);
}
BRAGGD_TARGET_AVX2 void sqrt_and_mask_avx2(std::span<const float> patch, float threshold,
                                           std::span<float> channels) {
  sqrt_and_mask(patch, threshold, channels);
}
BRAGGD_TARGET_AVX512 void sqrt_and_mask_avx512(std::span<const float> patch, float threshold,
                                               std::span<float> channels) {
  sqrt_and_mask(patch, threshold, channels);
}
#endif

}  // namespace

SquaredCentroid squared_centroid(std::span<const float> patch, std::uint32_t size_px) {
  static const KernelSet set = kernel_set();
  return squared_centroid_with(set, patch, size_px);
}

SquaredCentroid squared_centroid_with([[maybe_unused]] KernelSet set, std::span<const float> patch,
                                      std::uint32_t size_px) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return centroid_avx512(patch, size_px);
  if (set == KernelSet::avx2) return centroid_avx2(patch, size_px);
#endif
  return centroid(patch, size_px);
}

void finite_channel(std::span<const float> patch, std::span<float> channel) {
  std::ranges::transform(patch, channel.begin(), [](float x) { return finite_or_zero(x); });
}

void min_max_channel(std::span<const float> patch, std::span<float> channel) {
  float lowest = 3e38F, highest = -3e38F;
  for (const float value : patch) {
    lowest = std::min(lowest, finite_or_zero(value));
    highest = std::max(highest, finite_or_zero(value));
  }
  const float width = highest - lowest;
  const float per_count = width > least_count ? 1 / width : 0.0F;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    channel[i] = (finite_or_zero(patch[i]) - lowest) * per_count;
  }
}

void sqrt_and_mask_channels(std::span<const float> patch, float threshold, std::span<float> channels) {
  static const KernelSet set = kernel_set();
  sqrt_and_mask_channels_with(set, patch, threshold, channels);
}

void sqrt_and_mask_channels_with([[maybe_unused]] KernelSet set, std::span<const float> patch,
                                 float threshold, std::span<float> channels) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return sqrt_and_mask_avx512(patch, threshold, channels);
  if (set == KernelSet::avx2) return sqrt_and_mask_avx2(patch, threshold, channels);
#endif
  sqrt_and_mask(patch, threshold, channels);
}

}  // namespace braggd
