// What the tests of the reduction share: its definition, and random frames and rules.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include "kernels/sparsify.hpp"
#include "unit/kernels/random_data.hpp"

namespace braggd {

inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float inf = std::numeric_limits<float>::infinity();

/// A frame of raw pixels through a Sparsifier of its own.
inline bool sparsify(PixelType type, Shape shape, std::span<const std::byte> raw, const SparsifyRule& rule,
                     SparseFrame& out, KernelSet set = kernel_set()) {
  return Sparsifier(type, shape, rule, set).run(Encoding::raw, raw, out).ok();
}

/// The chain that a Sparsifier fuses.
inline bool sparsify_by_definition(PixelType type, Shape shape, std::span<const std::byte> raw,
                                   const SparsifyRule& rule, SparseFrame& out) {
  DenseFrame dense;
  dense.shape = shape;
  dense.pixels.resize(shape.pixels());
  dense.status =
      to_dense(type, raw, rule.masked_by_header, rule.saturation_value, dense.pixels, dense.saturated);
  for (std::size_t i = 0; i < dense.pixels.size(); ++i) {
    if (!rule.dark.empty()) dense.pixels[i] = dense.pixels[i] - rule.dark[i];
    if (!rule.masked.empty() && rule.masked[i] != 0) dense.pixels[i] = nan;
  }
  return threshold_dense(dense, rule.at_least, rule.max_pixels, out);
}

inline void expect_same_bits(const SparseFrame& a, const SparseFrame& b) {
  EXPECT_EQ(a.index, b.index);
  ASSERT_EQ(a.value.size(), b.value.size());
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(a.value)), std::as_bytes(std::span(b.value))));
  EXPECT_EQ(a.flagged, b.flagged);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.shape, b.shape);
}

template <class Pixel>
std::span<const std::byte> bytes_of(const std::vector<Pixel>& pixels) {
  return std::as_bytes(std::span(pixels));
}

/// Random raw bytes of a type, rich in zeros, large values, no-data and what is not finite.
inline std::vector<std::byte> random_raw(Random& random, PixelType type, std::size_t n_pixels,
                                         std::size_t offset) {
  const std::size_t bytes = bytes_per_pixel(type);
  std::vector<std::byte> raw(offset + n_pixels * bytes);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    std::uint32_t bits = 0;
    const std::size_t kind = random_below(random, 16);
    if (type == PixelType::f32) {
      const float specials[] = {nan,   inf,   -inf,  std::numeric_limits<float>::denorm_min(),
                                -0.0F, 3e38F, -3e38F};
      const float value = kind == 0 ? specials[random_below(random, 7)]
                                    : static_cast<float>(random_below(random, 1000)) / 8.0F - 40.0F;
      bits = std::bit_cast<std::uint32_t>(value);
    } else if (kind == 0) {
      bits = ~std::uint32_t{0} - static_cast<std::uint32_t>(random_below(random, 4));  // 2^N-1 .. 2^N-4
    } else if (kind < 4) {
      bits = static_cast<std::uint32_t>(random());
    } else {
      bits = static_cast<std::uint32_t>(random_below(random, 40));
    }
    std::memcpy(raw.data() + offset + i * bytes, &bits, bytes);
  }
  return raw;
}

struct Case {
  std::vector<float> dark;
  std::vector<std::uint8_t> masked;
  SparsifyRule rule;
};

inline Case random_case(Random& random, std::size_t n_pixels) {
  Case c;
  if (random_below(random, 2) == 0) {
    for (std::size_t i = 0; i < n_pixels; ++i) {
      c.dark.push_back(static_cast<float>(random_below(random, 160)) / 16.0F);
      if (random_below(random, 50) == 0) c.dark.back() = random_below(random, 2) == 0 ? nan : -inf;
    }
  }
  if (random_below(random, 2) == 0) {
    for (std::size_t i = 0; i < n_pixels; ++i) {
      c.masked.push_back(
          random_below(random, 30) == 0 ? static_cast<std::uint8_t>(1 + random_below(random, 255)) : 0);
    }
  }
  const float thresholds[] = {-100.0F, 0.0F, 0.5F, 7.0F, 26.0F, 100.25F, 60000.0F, 4.2949673e9F, nan};
  const std::uint64_t saturations[] = {~std::uint64_t{0}, 30, 65533, 0, 4294967293U};
  c.rule.dark = c.dark;
  c.rule.masked = c.masked;
  c.rule.at_least = thresholds[random_below(random, std::size(thresholds))];
  c.rule.saturation_value = saturations[random_below(random, std::size(saturations))];
  c.rule.max_pixels = random_below(random, 8) == 0 ? random_below(random, n_pixels + 1) : n_pixels;
  return c;
}

}  // namespace braggd
