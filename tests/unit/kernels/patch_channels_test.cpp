#include "kernels/patch_channels.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace braggd {
namespace {

/// Counts with negative ones, zeros and pixels without a value.
std::vector<float> drawn_patch(std::uint32_t size_px, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> patch(std::size_t{size_px} * size_px);
  for (float& value : patch) {
    const auto kind = random() % 10;
    value = kind == 0   ? NAN
            : kind == 1 ? INFINITY
            : kind < 5  ? 0.F
                        : static_cast<float>(random() % 60000) / 7 - 500;
  }
  return patch;
}

TEST(SquaredCentroid, WeighsWithSquaresAndLeavesOutWhatHasNoValue) {
  std::vector<float> patch(25, 0.0F);
  patch[6] = 1;   // (1, 1)
  patch[18] = 3;  // (3, 3)
  patch[24] = NAN;
  patch[0] = -100;
  const SquaredCentroid place = squared_centroid(patch, 5);
  EXPECT_FLOAT_EQ(place.row, 2.8F);
  EXPECT_FLOAT_EQ(place.col, 2.8F);
  EXPECT_EQ(squared_centroid(std::vector<float>(25, NAN), 5).row, 2);
}

TEST(SquaredCentroid, AgreesWithSumsInDoublePrecision) {
  for (const std::uint32_t size_px : {5U, 11U, 15U, 17U, 31U}) {
    const std::vector<float> patch = drawn_patch(size_px, size_px);
    double sum = 0, row_sum = 0, col_sum = 0;
    for (std::uint32_t i = 0; i < patch.size(); ++i) {
      if (!std::isfinite(patch[i]) || patch[i] < 0) continue;
      const double weight = double{patch[i]} * double{patch[i]};
      sum += weight;
      row_sum += i / size_px * weight;
      col_sum += i % size_px * weight;
    }
    const SquaredCentroid place = squared_centroid(patch, size_px);
    EXPECT_NEAR(place.row, row_sum / sum, 1e-5) << size_px;
    EXPECT_NEAR(place.col, col_sum / sum, 1e-5) << size_px;
  }
}

TEST(PatchChannels, EveryKernelSetGivesTheSameBits) {
  for (const std::uint32_t size_px : {5U, 11U, 15U, 17U, 31U}) {
    const std::vector<float> patch = drawn_patch(size_px, size_px + 100);
    std::vector<float> scalar(2 * patch.size());
    sqrt_and_mask_channels_with(KernelSet::scalar, patch, 40, scalar);
    const SquaredCentroid place = squared_centroid_with(KernelSet::scalar, patch, size_px);
    for (const KernelSet set : supported_kernel_sets()) {
      std::vector<float> channels(scalar.size());
      sqrt_and_mask_channels_with(set, patch, 40, channels);
      EXPECT_EQ(std::memcmp(channels.data(), scalar.data(), scalar.size() * sizeof(float)), 0)
          << name_of(set);
      const SquaredCentroid seen = squared_centroid_with(set, patch, size_px);
      EXPECT_EQ(std::memcmp(&seen, &place, sizeof place), 0) << name_of(set);
    }
  }
}

TEST(PatchChannels, AreFiniteAndHaveTheMaskOfWhatHasAValue) {
  const std::vector<float> patch = drawn_patch(11, 1);
  std::vector<float> channels(2 * patch.size());
  sqrt_and_mask_channels(patch, 40, channels);
  for (std::size_t i = 0; i < patch.size(); ++i) {
    EXPECT_TRUE(channels[i] >= 0 && channels[i] <= 1) << i;
    EXPECT_EQ(channels[patch.size() + i] == -1, !std::isfinite(patch[i])) << i;
    EXPECT_EQ(channels[patch.size() + i] > 0, std::isfinite(patch[i]) && patch[i] > 0) << i;
  }
}

}  // namespace
}  // namespace braggd
