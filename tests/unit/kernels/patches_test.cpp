#include "kernels/patches.hpp"

#include <bit>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <utility>
#include <vector>

#include "kernels/split_components.hpp"
#include "unit/kernels/drawn_frames.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

/// The components of pixels with these values, and the pixels: at these indices, or else all of the frame.
ComponentList list_of(Shape shape, std::vector<float> values, std::vector<std::uint32_t> index = {}) {
  const auto pixels = std::make_shared<SparseFrame>();
  pixels->shape = shape;
  pixels->value = std::move(values);
  pixels->index = std::move(index);
  for (std::uint32_t i = 0; pixels->index.size() < pixels->value.size(); ++i) pixels->index.push_back(i);
  ComponentList list = components_of(*pixels);
  list.shape = shape;
  list.pixels = pixels;
  return list;
}

ComponentList random_components(unsigned seed, Shape shape, unsigned kept_percent, unsigned levels) {
  std::mt19937 random(seed);
  std::vector<float> values;
  std::vector<std::uint32_t> index;
  for (std::uint32_t i = 0; i < shape.pixels(); ++i) {
    if (random() % 100 >= kept_percent) continue;
    index.push_back(i);
    values.push_back(static_cast<float>(1 + random() % levels));
  }
  return list_of(shape, std::move(values), std::move(index));
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values)
    bits.push_back(value != value ? 0x7FC00000U : std::bit_cast<std::uint32_t>(value));
  return bits;
}

TEST(Patches, AreThoseOfTheDefinitionAtEveryEdgeAndUnderAMask) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const Shape shape{5 + seed % 30, 7 + seed % 23};
    const ComponentList list = random_components(seed, shape, 5 + seed, 50);
    std::vector<PatchCentre> centres;
    for (std::uint32_t c = 0; c < list.components.size(); ++c)
      centres.push_back({c, list.components[c].max_pixel});
    std::vector<std::uint8_t> masked(seed % 2 == 0 ? 0 : shape.pixels());
    for (std::size_t i = 0; i < masked.size(); i += 11) masked[i] = 1;
    for (const std::uint32_t size_px : {3U, 11U, 15U}) {
      std::vector<float> fast(centres.size() * size_px * size_px, -1);
      std::vector<float> plain(fast.size(), -2);
      cut_patches(list, centres, size_px, masked, fast);
      cut_patches_reference(list, centres, size_px, masked, plain);
      ASSERT_EQ(bits_of(fast), bits_of(plain)) << "seed " << seed << ", " << size_px << " px";
    }
  }
}

TEST(Patches, ShowNoPixelOfAnotherComponent) {
  const ComponentList list = list_of({1, 7}, {4, 9, 7}, {2, 3, 5});
  const PatchCentre centre{0, 3};
  std::vector<float> patch(25);
  cut_patches(list, {&centre, 1}, 5, {}, patch);
  EXPECT_THAT(std::vector(patch.begin() + 10, patch.begin() + 15), ElementsAre(0, 4, 9, 0, 0));
  EXPECT_NE(patch[0], patch[0]);  // off the detector
}

TEST(SplitComponents, GivesEveryPixelToTheNearestMaximumAndKeepsTheSums) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const ComponentList list = random_components(seed, {20, 25}, 55, 30);
    Shares shares;
    split_components(list, {.distance_px = 0, .height = 0}, shares);
    std::vector<double> sums(list.components.size());
    std::vector<std::uint32_t> counts(list.components.size()), n_shares(list.components.size());
    for (std::size_t i = 0; i < shares.parent.size(); ++i) {
      sums[shares.parent[i]] += shares.list.components[i].sum;
      counts[shares.parent[i]] += shares.list.components[i].n_pixels;
      ++n_shares[shares.parent[i]];
    }
    for (std::size_t c = 0; c < list.components.size(); ++c) {
      EXPECT_EQ(sums[c], list.components[c].sum);  // whole numbers
      EXPECT_EQ(counts[c], list.components[c].n_pixels);
      EXPECT_EQ(n_shares[c], list.components[c].n_maxima);
    }
  }
}

TEST(SplitComponents, LeavesOutMaximaThatAreNearOrLow) {
  const ComponentList list = list_of({1, 9}, {90, 5, 40, 5, 60, 5, 5, 6, 5});
  Shares shares;
  split_components(list, {.distance_px = 3, .height = 0.1}, shares);
  ASSERT_EQ(shares.list.components.size(), 2U);
  EXPECT_EQ(shares.list.components[0].max_pixel, 0U);
  EXPECT_EQ(shares.list.components[1].max_pixel, 4U);
  EXPECT_EQ(shares.list.components[0].n_pixels, 3U);  // the one in the middle goes to the first
  EXPECT_THAT(shares.parent, ElementsAre(0, 0));
}

TEST(SplitComponents, LeavesOutMaximaThatNoiseWouldMake) {
  // The way from 36 to 100 leads past 25: 11 counts, 1.4 standard deviations of a photon counter; that from 50 past 16.
  const ComponentList list = list_of({1, 9}, {100, 40, 25, 36, 20, 16, 16, 50, 9});
  Shares shares;
  const auto maxima = [&](const SplitRule& rule) {
    split_components(list, rule, shares);
    std::vector<std::uint32_t> found;
    for (const Component& share : shares.list.components) found.push_back(share.max_pixel);
    return found;
  };
  SplitRule rule;
  rule.threshold = 5;
  EXPECT_THAT(maxima(rule), ElementsAre(0, 3, 7)) << "the noise is not known";
  rule.noise = {0, 1};
  EXPECT_THAT(maxima(rule), ElementsAre(0, 3, 7));
  rule.significance = 1.5;
  EXPECT_THAT(maxima(rule), ElementsAre(0, 7));
  rule.significance = 5;
  EXPECT_EQ(shares.list.components.size(), 2U);
  EXPECT_THAT(maxima(rule), ElementsAre(0));
  rule.significance = 0;
  EXPECT_THAT(maxima(rule), ElementsAre(0, 3, 7));
}

TEST(SplitComponents, SeesPixelsOnTheWayThatLieBeyondBothEndsInTheOrderOfPixels) {
  // From the end of a row to the beginning of the next: half way the pixel in the second row comes behind both.
  const ComponentList list = list_of({2, 5}, {12, 12, 12, 12, 30, 20, 12, 12, 12, 12});
  Shares shares;
  SplitRule rule;
  rule.noise = {0, 1};
  rule.threshold = 10;
  rule.significance = 1.4;  // (20 - 12) / sqrt(20 + 12) = 1.41
  split_components(list, rule, shares);
  EXPECT_EQ(shares.list.components.size(), 2U);
  rule.significance = 1.5;
  split_components(list, rule, shares);
  EXPECT_EQ(shares.list.components.size(), 1U);
}

TEST(SplitComponents, TakesAGapBetweenMaximaForTheThreshold) {
  // An arc: the straight way between its ends leads over pixels below the threshold.
  const ComponentList list = list_of({2, 5}, {30, 20, 12, 12, 12, 12, 12}, {0, 4, 5, 6, 7, 8, 9});
  ASSERT_EQ(list.components.size(), 1U);
  Shares shares;
  SplitRule rule;
  rule.noise = {0, 1};
  rule.threshold = 10;  // (20 - 10) / sqrt(20 + 10) = 1.83
  rule.significance = 1.8;
  split_components(list, rule, shares);
  EXPECT_EQ(shares.list.components.size(), 2U);
  rule.significance = 1.9;
  split_components(list, rule, shares);
  EXPECT_EQ(shares.list.components.size(), 1U);
}

}  // namespace
}  // namespace braggd
