#include "kernels/sparsify.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>
#include <vector>

#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float inf = std::numeric_limits<float>::infinity();

/// A frame of raw pixels through a Sparsifier of its own.
bool sparsify(PixelType type, Shape shape, std::span<const std::byte> raw, const SparsifyRule& rule,
              SparseFrame& out, KernelSet set = kernel_set()) {
  return Sparsifier(type, shape, rule, set).run(Encoding::raw, raw, out).ok();
}

/// The chain that a Sparsifier fuses.
bool sparsify_by_definition(PixelType type, Shape shape, std::span<const std::byte> raw,
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

void expect_same_bits(const SparseFrame& a, const SparseFrame& b) {
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
std::vector<std::byte> random_raw(Random& random, PixelType type, std::size_t n_pixels, std::size_t offset) {
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

Case random_case(Random& random, std::size_t n_pixels) {
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

TEST(Sparsify, EverySetGivesTheBitsOfThePlainChain) {
  constexpr Shape shapes[] = {{1, 1}, {1, 63},  {1, 64},  {1, 65},   {77, 1},   {2, 2},    {3, 5},
                              {8, 8}, {17, 31}, {64, 64}, {33, 129}, {65, 127}, {9, 1031}, {128, 96}};
  Random random(21);
  SparseFrame expected;
  SparseFrame actual;
  for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::u32, PixelType::f32}) {
    for (const Shape shape : shapes) {
      for (int repeat = 0; repeat < 24; ++repeat) {
        const std::size_t offset = random_below(random, 8);
        const auto bytes = random_raw(random, type, shape.pixels(), offset);
        const auto raw = std::span(bytes).subspan(offset);
        const Case c = random_case(random, shape.pixels());
        const bool fits = sparsify_by_definition(type, shape, raw, c.rule, expected);
        for (const KernelSet set : supported_kernel_sets()) {
          SCOPED_TRACE(testing::Message() << name_of(set) << " " << name_of(type) << " " << shape.rows
                                          << " x " << shape.cols << " at least " << c.rule.at_least);
          ASSERT_EQ(sparsify(type, shape, raw, c.rule, actual, set), fits);
          if (fits) expect_same_bits(actual, expected);
          if (HasFailure()) return;
        }
      }
    }
  }
}

/// Pixels of a detector: low background, some spots, some no-data, so that blocks compress and most groups are empty.
std::vector<std::byte> detector_like(Random& random, PixelType type, std::size_t n_pixels) {
  auto raw = random_raw(random, type, n_pixels, 0);
  const std::size_t bytes = bytes_per_pixel(type);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    if (i / 700 % 3 != 0 && random_below(random, 200) != 0) std::memset(raw.data() + i * bytes, 0, bytes);
  }
  return raw;
}

// Blocks of whole groups of 512 pixels are compared as bit planes, others are not; the last block and the elements
// behind it are shorter.
TEST(Sparsify, EveryEncodingBlockSizeAndSetGivesTheBitsOfThePlainChain) {
  constexpr Shape shapes[] = {{16, 64}, {32, 128}, {9, 1031}, {3, 4099}, {40, 512}};
  constexpr std::size_t block_pixels[] = {0, 8, 24, 512, 1024, 1032, 4096};
  Random random(31);
  SparseFrame expected;
  SparseFrame actual;
  std::vector<std::byte> chunk;
  for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::u32, PixelType::f32}) {
    for (const Shape shape : shapes) {
      for (const std::size_t pixels : block_pixels) {
        const auto raw = detector_like(random, type, shape.pixels());
        const Case c = random_case(random, shape.pixels());
        const bool fits = sparsify_by_definition(type, shape, raw, c.rule, expected);
        for (const Encoding encoding : {Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
          encode_chunk(encoding, bytes_per_pixel(type), raw, chunk, pixels * bytes_per_pixel(type));
          for (const KernelSet set : supported_kernel_sets()) {
            SCOPED_TRACE(testing::Message()
                         << name_of(set) << " " << name_of(type) << " " << name_of(encoding) << " "
                         << shape.rows << " x " << shape.cols << " blocks of " << pixels);
            const auto outcome = Sparsifier(type, shape, c.rule, set).run(encoding, chunk, actual);
            ASSERT_EQ(outcome.damage, ChunkError::none);
            ASSERT_EQ(!outcome.too_many_pixels, fits);
            if (fits) expect_same_bits(actual, expected);
            if (HasFailure()) return;
          }
        }
      }
    }
  }
}

TEST(Sparsify, AFewPixelsWithLimitsFarAboveTheOthersAreComparedExactly) {
  Random random(32);
  const Shape shape{64, 64};
  std::vector<float> dark(shape.pixels());
  std::vector<std::uint16_t> raw(shape.pixels());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool hot = i % 1500 == 7;  // below one in a thousand
    dark[i] = hot ? 50000.25F : 100.0F + static_cast<float>(random_below(random, 64)) / 4.0F;
    raw[i] = static_cast<std::uint16_t>((hot ? 49990 : 100) + random_below(random, 60));
  }
  SparsifyRule rule;
  rule.dark = dark;
  rule.at_least = 20;
  rule.max_pixels = raw.size();
  SparseFrame expected;
  SparseFrame actual;
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::bslz4, 2, bytes_of(raw), chunk);
  ASSERT_TRUE(sparsify_by_definition(PixelType::u16, shape, bytes_of(raw), rule, expected));
  for (const KernelSet set : supported_kernel_sets()) {
    ASSERT_TRUE(Sparsifier(PixelType::u16, shape, rule, set).run(Encoding::bslz4, chunk, actual).ok());
    expect_same_bits(actual, expected);
  }
}

TEST(Sparsify, DamageIsToldBeforeTooManyPixels) {
  const std::vector<std::uint16_t> raw(16384, 50);
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::bslz4, 2, bytes_of(raw), chunk, 1024);
  SparsifyRule rule;
  rule.max_pixels = 10;
  SparseFrame out;
  const Sparsifier sparsifier(PixelType::u16, {128, 128}, rule);
  EXPECT_TRUE(sparsifier.run(Encoding::bslz4, chunk, out).too_many_pixels);
  chunk.pop_back();
  EXPECT_EQ(sparsifier.run(Encoding::bslz4, chunk, out).damage, ChunkError::truncated);
  EXPECT_TRUE(out.index.empty());
}

TEST(Sparsify, LargeIntegersAreRoundedToFloatAlikeInEverySet) {
  std::vector<std::uint32_t> raw;
  Random random(22);
  for (int i = 0; i < 4096; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    raw.push_back(bits >> random_below(random, 32));
  }
  for (std::uint32_t i = 0; i < 300; ++i)
    raw.push_back(~std::uint32_t{0} - i);  // around the rounding to 2^32
  const Shape shape{1, static_cast<std::uint32_t>(raw.size())};
  SparsifyRule rule;
  rule.max_pixels = raw.size();
  for (const KernelSet set : supported_kernel_sets()) {
    for (const float at_least : {16777217.0F, 4294967040.0F, 4294967296.0F}) {
      rule.at_least = at_least;
      SparseFrame expected;
      SparseFrame actual;
      ASSERT_TRUE(sparsify_by_definition(PixelType::u32, shape, bytes_of(raw), rule, expected));
      ASSERT_TRUE(sparsify(PixelType::u32, shape, bytes_of(raw), rule, actual, set));
      EXPECT_FALSE(actual.index.empty());
      expect_same_bits(actual, expected);
    }
  }
}

TEST(Sparsify, TheNoDataValuesOfIntegersAreNeverKept) {
  const std::vector<std::uint16_t> raw{65535, 65534, 65533, 0, 7, 8};
  SparsifyRule rule;
  rule.at_least = 8;
  rule.max_pixels = 10;
  SparseFrame out;
  ASSERT_TRUE(sparsify(PixelType::u16, {1, 6}, bytes_of(raw), rule, out));
  EXPECT_THAT(out.index, ElementsAre(2, 5));
  EXPECT_THAT(out.value, ElementsAre(65533.0F, 8.0F));
  EXPECT_THAT(out.flagged, ElementsAre(FlaggedPixel{0, pixel_beside_mask}));
  EXPECT_EQ(out.status, 0);
}

TEST(Sparsify, EachOfTheEightNeighboursWithoutAValueSetsTheFlag) {
  for (std::uint32_t hole = 0; hole < 25; ++hole) {
    std::vector<std::uint8_t> raw(25, 0);
    raw[12] = 9;
    std::vector<std::uint8_t> masked(25, 0);
    masked[hole] = 1;
    SparsifyRule rule;
    rule.masked = masked;
    rule.at_least = 1;
    rule.max_pixels = 1;
    SparseFrame out;
    ASSERT_TRUE(sparsify(PixelType::u8, {5, 5}, bytes_of(raw), rule, out));
    const bool itself = hole == 12;
    const bool beside = !itself && hole / 5 >= 1 && hole / 5 <= 3 && hole % 5 >= 1 && hole % 5 <= 3;
    EXPECT_EQ(out.index.size(), itself ? 0U : 1U);
    EXPECT_EQ(out.flagged.size(), beside ? 1U : 0U) << hole;
  }
}

TEST(Sparsify, ANeighbourAcrossTheFramesEdgeIsNoNeighbour) {
  std::vector<std::uint8_t> raw(12, 0);
  raw[4] = 9;  // row 1, first column; pixel 3 ends the row above, 11 the last
  std::vector<std::uint8_t> masked(12, 0);
  masked[3] = masked[7] = masked[11] = 1;
  SparsifyRule rule;
  rule.masked = masked;
  rule.at_least = 1;
  rule.max_pixels = 1;
  SparseFrame out;
  ASSERT_TRUE(sparsify(PixelType::u8, {3, 4}, bytes_of(raw), rule, out));
  EXPECT_TRUE(out.flagged.empty());
}

TEST(Sparsify, SaturationIsJudgedOnTheRawValue) {
  const std::vector<std::uint16_t> raw{999, 1000, 1001, 20};
  const std::vector<float> dark{0, 990, 0, 0};
  SparsifyRule rule;
  rule.dark = dark;
  rule.at_least = 5;
  rule.saturation_value = 1000;
  rule.max_pixels = 10;
  SparseFrame out;
  ASSERT_TRUE(sparsify(PixelType::u16, {1, 4}, bytes_of(raw), rule, out));
  EXPECT_THAT(out.value, ElementsAre(999.0F, 10.0F, 1001.0F, 20.0F));
  EXPECT_THAT(out.flagged, ElementsAre(FlaggedPixel{1, pixel_saturated}, FlaggedPixel{2, pixel_saturated}));
}

TEST(Sparsify, AFloatFrameThatIsNotFiniteSaysSoUnlessThosePixelsAreMasked) {
  const std::vector<float> raw{1, nan, 3, inf};
  std::vector<std::uint8_t> masked(4, 0);
  SparsifyRule rule;
  rule.masked = rule.masked_by_header = masked;
  rule.max_pixels = 4;
  SparseFrame out;
  ASSERT_TRUE(sparsify(PixelType::f32, {1, 4}, bytes_of(raw), rule, out));
  EXPECT_THAT(out.index, ElementsAre(0, 2));
  EXPECT_EQ(out.status, frame_not_finite);
  masked[1] = masked[3] = 1;
  ASSERT_TRUE(sparsify(PixelType::f32, {1, 4}, bytes_of(raw), rule, out));
  EXPECT_EQ(out.status, 0);
}

TEST(Sparsify, MoreSurvivorsThanAllowedGiveTheFrameUp) {
  const std::vector<std::uint16_t> raw(100000, 50);
  SparsifyRule rule;
  rule.at_least = 50;
  SparseFrame out;
  rule.max_pixels = 99999;
  EXPECT_FALSE(sparsify(PixelType::u16, {100, 1000}, bytes_of(raw), rule, out));
  EXPECT_TRUE(out.index.empty());
  EXPECT_LE(out.index.capacity(), 99999U);
  rule.max_pixels = 100000;
  EXPECT_TRUE(sparsify(PixelType::u16, {100, 1000}, bytes_of(raw), rule, out));
  EXPECT_EQ(out.index.size(), 100000U);
}

TEST(Sparsify, SpansThatDoNotMatchTheFrameAreRefused) {
  const std::vector<std::uint16_t> raw(12);
  const std::vector<float> dark(11);
  SparseFrame out;
  SparsifyRule rule;
  for (const auto& [type, shape] : {std::pair{PixelType::u16, Shape{3, 5}}, {PixelType::u32, {3, 4}}}) {
    const auto outcome = Sparsifier(type, shape, rule).run(Encoding::raw, bytes_of(raw), out);
    EXPECT_EQ(outcome.damage, ChunkError::wrong_size);
  }
  rule.dark = dark;
  EXPECT_THROW(sparsify(PixelType::u16, {3, 4}, bytes_of(raw), rule, out), std::invalid_argument);
}

TEST(Sparsify, AFrameWithoutPixelsHasNoSurvivors) {
  SparseFrame out;
  out.index = {1, 2};
  EXPECT_TRUE(sparsify(PixelType::u16, {0, 0}, {}, SparsifyRule{}, out));
  EXPECT_TRUE(out.index.empty());
}

TEST(ToDense, PixelsWithoutAValueBecomeNaNAndAreNotCalledSaturated) {
  const std::vector<std::uint8_t> raw{0, 200, 253, 254, 255, 201};
  const std::vector<std::uint8_t> masked{0, 0, 0, 0, 0, 1};
  std::vector<float> pixels(6);
  std::vector<std::uint32_t> saturated{99};
  EXPECT_EQ(to_dense(PixelType::u8, bytes_of(raw), masked, 200, pixels, saturated), 0);
  EXPECT_THAT(pixels,
              ElementsAre(0.0F, 200.0F, 253.0F, testing::IsNan(), testing::IsNan(), testing::IsNan()));
  EXPECT_THAT(saturated, ElementsAre(1, 2));
}

TEST(ThresholdDense, KeepsWhatReachesTheThreshold) {
  DenseFrame frame;
  frame.shape = {2, 3};
  frame.meta.index = 5;
  frame.pixels = {1, 2, nan, 2.5F, 1.9999F, inf};
  frame.saturated = {0, 3};
  SparseFrame out;
  ASSERT_TRUE(threshold_dense(frame, 2, 2, out));
  EXPECT_EQ(out.meta.index, 5U);
  EXPECT_THAT(out.index, ElementsAre(1, 3));
  EXPECT_THAT(out.flagged, ElementsAre(FlaggedPixel{0, pixel_beside_mask}, FlaggedPixel{1, pixel_saturated}));
  EXPECT_FALSE(threshold_dense(frame, 2, 1, out));
}

}  // namespace
}  // namespace braggd
