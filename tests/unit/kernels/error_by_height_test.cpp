#include "kernels/error_by_height.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace braggd {
namespace {

/// The mask of a peak of this height in thresholds.
std::vector<float> mask_of(float height) {
  std::vector<float> mask(121, 0.0F);
  mask[3] = -1;
  for (std::size_t i = 40; i < 60; ++i) mask[i] = 1 / std::sqrt(height);
  return mask;
}

TEST(ErrorByHeight, IsALineThroughItsKnots) {
  const std::array<float, 3> knots{std::log(2.0F), std::log(8.0F), std::log(100.0F)},
      values{0.5F, -0.25F, -1};
  const ErrorByHeight line = line_through(knots, values);
  EXPECT_NEAR(line.of(mask_of(1)), 0.5, 1e-5);
  EXPECT_NEAR(line.of(mask_of(2)), 0.5, 1e-5);
  EXPECT_NEAR(line.of(mask_of(4)), 0.125, 1e-5) << "half way, by logarithms";
  EXPECT_NEAR(line.of(mask_of(8)), -0.25, 1e-5);
  EXPECT_NEAR(line.of(mask_of(100)), -1, 1e-5);
  EXPECT_NEAR(line.of(mask_of(1e5)), -1, 1e-4);
}

TEST(ErrorByNoise, IsAPowerOfTheHighestPixelsRelativeErrorTimesALineByHeight) {
  const ErrorByNoise errors{{{0}, {0}, std::log(3.0F)}, {{0}, {0}, std::log(7.0F)}, 0.5F};
  const auto patch = [](std::size_t at, float counts) {
    std::vector<float> pixels(25, 0.0F);
    pixels[3] = NAN;
    pixels[at] = counts;
    return pixels;
  };
  EXPECT_NEAR(errors.factor(patch(12, 400), 4, {0, 1}), 3 * std::sqrt(0.05), 1e-5) << "400 photons: 5 %";
  EXPECT_NEAR(errors.factor(patch(12, 400), 25, {20, 0}), 3 * std::sqrt(0.05), 1e-5)
      << "20 counts of noise: 5 %";
  EXPECT_NEAR(errors.factor(patch(12, 1600), 4, {0, 1}), 3 * std::sqrt(0.025), 1e-5);
  EXPECT_EQ(errors.factor(patch(12, 0), 4, {0, 1}), 1);
  for (const std::size_t at : {0U, 4U, 10U, 14U, 20U, 22U, 24U})
    EXPECT_NEAR(errors.factor(patch(at, 400), 4, {0, 1}), 7 * std::sqrt(0.05), 1e-5) << "cut at " << at;
}

TEST(ErrorByHeight, FindsTheGreatestValueWhereverItIs) {
  const std::array<float, 2> knots{0, 10}, values{0, 10};
  const ErrorByHeight line = line_through(knots, values);
  for (std::size_t at = 0; at < 121; ++at) {
    std::vector<float> mask(121, at % 2 == 0 ? -1.0F : 0.0F);
    mask[at] = 0.5F;
    EXPECT_NEAR(line.of(mask), std::log(4.0), 1e-6) << at;
  }
}

TEST(ErrorByHeight, IsDefinedWhereNothingIsSeenAndWithoutKnots) {
  EXPECT_EQ(ErrorByHeight{}.of(mask_of(5)), 0);
  EXPECT_EQ(line_through({}, {}).of(mask_of(5)), 0);
  const std::array<float, 1> knot{1}, value{0.75F};
  EXPECT_EQ(line_through(knot, value).of(std::vector<float>(121, 0.0F)), 0.75F);
  EXPECT_EQ(line_through(knot, value).of(std::vector<float>(121, -1.0F)), 0.75F);
}

}  // namespace
}  // namespace braggd
