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

#include "unit/kernels/sparsifying.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

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
