#include "simulation/patch_set.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {
namespace {

std::vector<std::uint32_t> bits_of(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

TEST(PatchSet, MakesAPatchTheSameWhateverWasMadeBefore) {
  PatchSet one({}), other({});
  std::vector<float> a(121), b(121);
  for (std::uint64_t i = 0; i < 20; ++i) other.make(i, b);
  const PatchTruth there = other.make(7, b);
  const PatchTruth here = one.make(7, a);
  EXPECT_EQ(bits_of(a), bits_of(b));
  EXPECT_EQ(here.row, there.row);
  EXPECT_EQ(here.patch_class, there.patch_class);
}

TEST(PatchSet, ShowsItsMaximumInTheMiddleNearTheTruth) {
  PatchSet set({.about_any_maximum = true});
  std::vector<float> patch(121);
  std::size_t far = 0, cut = 0;
  constexpr std::uint64_t n = 2000;
  for (std::uint64_t i = 0; i < n; ++i) {
    const PatchTruth truth = set.make(i, patch);
    EXPECT_GE(patch[60], truth.threshold);
    if (std::hypot(truth.row - 5, truth.col - 5) > 2) ++far;
    bool off = false;
    for (const float value : patch) off = off || std::isnan(value);
    if (off) ++cut;
    if (off) {
      EXPECT_EQ(truth.patch_class, PatchClass::edge);
    }
  }
  EXPECT_LT(far, n / 30);
  EXPECT_NEAR(static_cast<double>(cut) / n, 0.18, 0.03);
}

TEST(PatchSet, HoldsEveryClassOnBothDetectors) {
  PatchSet set({});
  std::vector<float> patch(121);
  std::array<std::array<int, 2>, 5> counts{};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const PatchTruth truth = set.make(i, patch);
    ++counts[static_cast<std::size_t>(truth.patch_class)][static_cast<std::size_t>(truth.detector)];
  }
  for (const auto& by_detector : counts) {
    EXPECT_GT(by_detector[0], 20);
    EXPECT_GT(by_detector[1], 20);
  }
}

TEST(PatchSet, RefusesWhatCannotBeMade) {
  EXPECT_THROW(PatchSet({.patch_px = 10}), ConfigError);
  EXPECT_THROW(PatchSet({.frame_px = 21}), ConfigError);
  EXPECT_THROW(PatchSet({.edge_share = 0.9}), ConfigError);
  PatchSet dark({.peak_min = 0.01, .peak_max = 0.01, .min_pixels = 20});
  std::vector<float> patch(121);
  EXPECT_THROW(dark.make(0, patch), ConfigError);
}

}  // namespace
}  // namespace braggd
