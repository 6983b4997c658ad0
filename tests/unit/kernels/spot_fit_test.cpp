#include "kernels/spot_fit.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

#include "kernels/spot_profile_1d.hpp"
#include "kernels/weighted_centroid.hpp"

namespace braggd {
namespace {

constexpr std::uint32_t px = 11;
constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

struct Truth {
  double row = 5, col = 5, height = 1000, sigma_row = 1.2, sigma_col = 0.9, lorentz = 0.3, background = 0;
};

std::vector<double> expected_counts(const Truth& t) {
  AxisProfile<px> rows, cols;
  rows.evaluate(px, t.row, t.sigma_row);
  cols.evaluate(px, t.col, t.sigma_col);
  std::vector<double> counts;
  for (std::uint32_t r = 0; r < px; ++r) {
    for (std::uint32_t c = 0; c < px; ++c) {
      counts.push_back(t.background +
                       t.height * ((1 - t.lorentz) * rows.gauss.value[r] * cols.gauss.value[c] +
                                   t.lorentz * rows.lorentz.value[r] * cols.lorentz.value[c]));
    }
  }
  return counts;
}

std::vector<float> thresholded(const std::vector<double>& counts, double threshold) {
  std::vector<float> patch;
  for (const double count : counts) patch.push_back(count >= threshold ? static_cast<float>(count) : 0.F);
  return patch;
}

std::vector<float> photons(const Truth& truth, double threshold, std::mt19937& random) {
  std::vector<double> counts = expected_counts(truth);
  for (double& count : counts) count = std::poisson_distribution<int>(count)(random);
  return thresholded(counts, threshold);
}

constexpr NoiseModel counter{0, 1};

TEST(AxisProfile, HasTheDerivativesOfItsValues) {
  AxisProfile<px> at, low, high;
  const double step = 1e-6;
  at.evaluate(px, 4.7, 1.3);
  low.evaluate(px, 4.7 - step, 1.3);
  high.evaluate(px, 4.7 + step, 1.3);
  for (std::uint32_t i = 0; i < px; ++i) {
    EXPECT_NEAR(at.gauss.by_centre[i], (high.gauss.value[i] - low.gauss.value[i]) / (2 * step), 1e-8);
    EXPECT_NEAR(at.lorentz.by_centre[i], (high.lorentz.value[i] - low.lorentz.value[i]) / (2 * step), 1e-8);
  }
  low.evaluate(px, 4.7, 1.3 * std::exp(-step));
  high.evaluate(px, 4.7, 1.3 * std::exp(step));
  for (std::uint32_t i = 0; i < px; ++i) {
    EXPECT_NEAR(at.gauss.by_log_sigma[i], (high.gauss.value[i] - low.gauss.value[i]) / (2 * step), 1e-8);
    EXPECT_NEAR(at.lorentz.by_log_sigma[i], (high.lorentz.value[i] - low.lorentz.value[i]) / (2 * step),
                1e-8);
  }
}

TEST(SpotFit, FindsAPlaceWithoutNoiseToAMillionthOfAPixel) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> share(0, 1);
  for (int i = 0; i < 50; ++i) {
    // Single precision of the patch is what limits lower ones.
    const Truth truth{4.5 + share(random), 4.5 + share(random), 1e7,
                      0.7 + share(random), 0.7 + share(random), share(random)};
    const SpotFit fit = fit_spot(thresholded(expected_counts(truth), 5), px, 5, counter, {5, 5});
    ASSERT_EQ(fit.outcome, FitOutcome::converged);
    EXPECT_NEAR(fit.place.row, truth.row, 1e-6);
    EXPECT_NEAR(fit.place.col, truth.col, 1e-6);
    EXPECT_NEAR(fit.sigma_row, truth.sigma_row, 1e-3);
    EXPECT_NEAR(fit.lorentz_fraction, truth.lorentz, 1e-3);
  }
}

TEST(SpotFit, StatesErrorsThatAreTheSpreadOfItsPlaces) {
  std::mt19937 random(4);
  for (const double height : {30., 300., 3000.}) {
    double sum_z = 0, sum_zz = 0;
    constexpr int n = 400;
    for (int i = 0; i < n; ++i) {
      std::uniform_real_distribution<double> place(4.5, 5.5);
      const Truth truth{place(random), place(random), height};
      const SpotFit fit = fit_spot(photons(truth, 4, random), px, 4, counter, {5, 5});
      ASSERT_EQ(fit.outcome, FitOutcome::converged);
      const double z = (fit.place.row - truth.row) / fit.row_error;
      sum_z += z;
      sum_zz += z * z;
    }
    EXPECT_NEAR(sum_z / n, 0, 0.2) << height;
    EXPECT_NEAR(std::sqrt(sum_zz / n), 1, 0.2) << height;
  }
}

TEST(SpotFit, PlacesASpotThatTheDetectorCutsBetterThanItsCentroid) {
  const Truth truth{5.2, 5.6, 5000, 1.3, 1.3};
  std::vector<float> patch = thresholded(expected_counts(truth), 5);
  for (std::uint32_t r = 0; r < px; ++r) {
    for (std::uint32_t c = 7; c < px; ++c) patch[r * px + c] = no_value;
  }
  const SpotFit fit = fit_spot(patch, px, 5, counter, {5, 6});
  ASSERT_EQ(fit.outcome, FitOutcome::converged);
  EXPECT_NEAR(fit.place.col, truth.col, 0.01);
  EXPECT_GT(std::abs(patch_centroid(patch, px, CentroidWeight::intensity, 5, counter).col - truth.col), 0.2);
}

TEST(SpotFit, PlacesASpotWhoseSaturatedPixelsHaveNoValue) {
  const Truth truth{5.2, 4.8, 50000, 1.4, 1.4};
  std::vector<float> patch = thresholded(expected_counts(truth), 5);
  for (float& value : patch) value = value >= 30000 ? no_value : value;
  const SpotFit fit = fit_spot(patch, px, 5, counter, {5, 5});
  ASSERT_EQ(fit.outcome, FitOutcome::converged);
  EXPECT_NEAR(fit.place.row, truth.row, 1e-3);
  EXPECT_NEAR(fit.place.col, truth.col, 1e-3);
}

TEST(SpotFit, SeparatesTwoSpotsWhenItIsToldOfBoth) {
  const Truth one{4.1, 5.2, 3000}, two{7.2, 5.9, 2000};
  std::vector<double> counts = expected_counts(one);
  const std::vector<double> others = expected_counts(two);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += others[i];
  const std::vector<float> patch = thresholded(counts, 4);
  const SpotFit fit = fit_spot(patch, px, 4, counter, {4, 5}, PatchPlace{7, 6});
  ASSERT_EQ(fit.outcome, FitOutcome::converged);
  EXPECT_NEAR(fit.place.row, one.row, 1e-3);
  EXPECT_NEAR(fit.place.col, one.col, 1e-3);
  const SpotFit alone = fit_spot(patch, px, 4, counter, {4, 5});
  EXPECT_GT(std::abs(alone.place.row - one.row), 0.2);
}

/// Spots of all heights, some cut by the detector's edge, each alone or with a second one at (8, 3).
std::vector<std::vector<float>> drawn_patches(std::size_t n, bool two) {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<std::vector<float>> patches;
  for (std::size_t i = 0; i < n; ++i) {
    Truth truth;
    truth.row = 4 + 2 * share(random);
    truth.col = 4 + 2 * share(random);
    truth.height = std::exp(2 + 7 * share(random));
    truth.sigma_row = 0.7 + share(random);
    truth.sigma_col = 0.7 + share(random);
    truth.lorentz = share(random);
    patches.push_back(photons(truth, 4, random));
    const std::vector<float> second = photons({8.1, 2.8, 0.8 * truth.height}, 4, random);
    for (std::size_t k = 0; two && k < second.size(); ++k) patches.back()[k] += second[k];
    for (std::uint32_t r = 0; i % 5 == 0 && r < px; ++r) patches.back()[r * px + 10] = no_value;
  }
  return patches;
}

TEST(SpotFit, AgreesWithThePlainFormToAHundredThousandthOfAPixel) {
  for (const auto& other : {std::optional<PatchPlace>{}, std::optional(PatchPlace{8, 3})}) {
    for (const std::vector<float>& patch : drawn_patches(200, other.has_value())) {
      const SpotFit fit = fit_spot(patch, px, 4, counter, {5, 5}, other);
      const SpotFit plain = fit_spot_plainly(patch, px, 4, counter, {5, 5}, other);
      ASSERT_EQ(fit.outcome, plain.outcome);
      if (fit.outcome != FitOutcome::converged) continue;
      EXPECT_NEAR(fit.place.row, plain.place.row, 1e-5);
      EXPECT_NEAR(fit.place.col, plain.place.col, 1e-5);
      EXPECT_NEAR(fit.row_error, plain.row_error, 1e-4 * plain.row_error);
      EXPECT_NEAR(fit.col_error, plain.col_error, 1e-4 * plain.col_error);
    }
  }
}

TEST(SpotFit, EveryKernelSetGivesTheSameBits) {
  for (const auto& other : {std::optional<PatchPlace>{}, std::optional(PatchPlace{8, 3})}) {
    for (const std::vector<float>& patch : drawn_patches(40, other.has_value())) {
      const SpotFit scalar = fit_spot_with(KernelSet::scalar, patch, px, 4, counter, {5, 5}, other);
      for (const KernelSet set : supported_kernel_sets()) {
        const SpotFit fit = fit_spot_with(set, patch, px, 4, counter, {5, 5}, other);
        EXPECT_EQ(fit.place.row, scalar.place.row) << name_of(set);
        EXPECT_EQ(fit.place.col, scalar.place.col) << name_of(set);
        EXPECT_EQ(fit.height, scalar.height) << name_of(set);
        EXPECT_EQ(fit.steps, scalar.steps) << name_of(set);
      }
    }
  }
}

TEST(SpotFit, StatesNoErrorWhereTheNoiseIsNotKnown) {
  const SpotFit fit = fit_spot(thresholded(expected_counts({}), 5), px, 5, {}, {5, 5});
  EXPECT_EQ(fit.outcome, FitOutcome::converged);
  EXPECT_TRUE(std::isnan(fit.row_error));
}

TEST(SpotFit, OfOnePixelStaysAtItWithAWideError) {
  std::vector<float> patch(px * px);
  patch[5 * px + 5] = 6;
  const SpotFit fit = fit_spot(patch, px, 4, counter, {5, 5});
  ASSERT_EQ(fit.outcome, FitOutcome::converged);
  EXPECT_NEAR(fit.place.row, 5, 1e-3);
  EXPECT_GT(fit.row_error, 0.1);
}

TEST(SpotFit, GivesNoPlaceWithoutPixelsAndBearsFlatAndBlankPatches) {
  std::vector<float> patch(px * px);
  EXPECT_EQ(fit_spot(patch, px, 4, counter, {5, 5}).outcome, FitOutcome::not_converged);
  patch.assign(px * px, no_value);
  EXPECT_EQ(fit_spot(patch, px, 4, counter, {5, 5}).outcome, FitOutcome::not_converged);
  patch.assign(px * px, 50);
  const SpotFit flat = fit_spot(patch, px, 4, counter, {5, 5});
  EXPECT_TRUE(flat.outcome != FitOutcome::converged || std::abs(flat.place.row - 5) < 3);
  EXPECT_EQ(fit_spot(patch, 33, 4, counter, {5, 5}).outcome, FitOutcome::not_converged);
}

TEST(WeightedCentroid, StatesTheSpreadOfWholePatches) {
  std::mt19937 random(5);
  const Truth truth{5, 5, 400, 1, 1, 0};
  double sum_zz = 0;
  constexpr int n = 2000;
  for (int i = 0; i < n; ++i) {
    const auto found = patch_centroid(photons(truth, 1, random), px, CentroidWeight::intensity, 1, counter);
    sum_zz += std::pow((found.row - truth.row) / found.row_error, 2);
  }
  EXPECT_NEAR(std::sqrt(sum_zz / n), 1, 0.1);
}

TEST(WeightedCentroid, WeighsAsItsNameSays) {
  std::vector<float> patch(9);
  patch[3] = 2;
  patch[4] = 4;
  EXPECT_DOUBLE_EQ(patch_centroid(patch, 3, CentroidWeight::intensity, 1, {}).col, 4. / 6);
  EXPECT_DOUBLE_EQ(patch_centroid(patch, 3, CentroidWeight::above_threshold, 1, {}).col, 3. / 4);
  EXPECT_DOUBLE_EQ(patch_centroid(patch, 3, CentroidWeight::squared, 1, {}).col, 16. / 20);
  EXPECT_TRUE(std::isnan(patch_centroid(patch, 3, CentroidWeight::intensity, 1, {}).col_error));
  patch[3] = 1;
  patch[4] = 1;
  EXPECT_TRUE(std::isnan(patch_centroid(patch, 3, CentroidWeight::above_threshold, 1, {}).col));
}

}  // namespace
}  // namespace braggd
