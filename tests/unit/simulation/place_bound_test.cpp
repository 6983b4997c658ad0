#include "simulation/place_bound.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "simulation/patch_set.hpp"

namespace braggd {
namespace {

PatchPixels pixels_of(double threshold) {
  return {.origin = {0, 0},
          .patch_px = 31,
          .frame_px = 31,
          .threshold = threshold,
          .background = 1e-9,
          .noise = {0, 1},
          .poisson = true};
}

ExpectedSpot gaussian(double sigma_px, double counts) {
  SpotShape shape;
  shape.sigma_radial_px = shape.sigma_azimuthal_px = static_cast<float>(sigma_px);
  shape.cut = widest_cut;
  return {shape, 15.2, 14.9, counts};
}

TEST(PlaceBound, OfAGaussianIsItsWidthOverTheRootOfItsCounts) {
  for (const double sigma_px : {1.5, 2.5}) {
    const ExpectedSpot spot = gaussian(sigma_px, 1e5);
    const PlaceCovariance bound = place_bound({&spot, 1}, pixels_of(0.5));
    // A pixel of 1 px smears the spot by 1/12 px^2.
    const double expected_px = std::sqrt((sigma_px * sigma_px + 1. / 12) / 1e5);
    EXPECT_NEAR(std::sqrt(bound.row_row), expected_px, 0.02 * expected_px);
    EXPECT_NEAR(std::sqrt(bound.col_col), expected_px, 0.02 * expected_px);
    EXPECT_NEAR(bound.row_col, 0, 0.02 * bound.row_row);
  }
}

TEST(PlaceBound, GrowsWithTheThresholdAndAtTheDetectorsEdgeAndBesideAnotherSpot) {
  const ExpectedSpot spot = gaussian(1.5, 500);
  const double alone = place_bound({&spot, 1}, pixels_of(1)).row_row;
  EXPECT_GT(place_bound({&spot, 1}, pixels_of(8)).row_row, 1.05 * alone);
  PatchPixels cut = pixels_of(1);
  cut.frame_px = 16;  // half of the spot is off it
  EXPECT_GT(place_bound({&spot, 1}, cut).row_row, 1.5 * alone);
  std::array<ExpectedSpot, 2> two{spot, spot};
  two[1].row += 3;
  EXPECT_GT(place_bound(two, pixels_of(1)).row_row, 1.1 * alone);
}

TEST(PlaceBound, IsNotBeatenByTheFitOfBrightSpots) {
  PatchSet set({.overlapped_share = 0, .edge_share = 0, .peak_min = 40, .peak_max = 40, .lorentz_max = 0.2});
  std::vector<float> patch(121);
  double found = 0, bound = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const PatchTruth truth = set.make(i, patch);
    const SpotFit fit = fit_spot(patch, 11, double{truth.threshold}, noise_of(truth), {5, 5});
    ASSERT_EQ(fit.outcome, FitOutcome::converged);
    const PlaceCovariance at_best = set.bound();
    bound += at_best.row_row + at_best.col_col;
    found += std::pow(fit.place.row - truth.row, 2) + std::pow(fit.place.col - truth.col, 2);
  }
  EXPECT_GT(found, 0.85 * bound);
  EXPECT_LT(found, 1.6 * bound);
}

}  // namespace
}  // namespace braggd
