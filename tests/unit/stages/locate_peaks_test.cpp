#include "stages/locate_peaks.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

#include <braggd/error.hpp>

#include "kernels/components.hpp"

namespace braggd {
namespace {

/// Two overlapping spots of 1000 and 600 counts at (12.3, 10.2) and (12.1, 14.8), and a dim one at (3, 4).
std::shared_ptr<const ComponentList> three_spots() {
  auto pixels = std::make_shared<SparseFrame>();
  pixels->shape = {24, 26};
  pixels->at_least = 10;
  const auto spot = [](double row, double col, double height, double r, double c) {
    return height * std::exp(-0.5 * ((r - row) * (r - row) + (c - col) * (c - col)) / (1.3 * 1.3));
  };
  for (std::uint32_t i = 0; i < pixels->shape.pixels(); ++i) {
    const double r = i / 26, c = i % 26;
    const double counts =
        std::round(spot(12.3, 10.2, 1000, r, c) + spot(12.1, 14.8, 600, r, c) + spot(3, 4, 40, r, c));
    if (counts < 10) continue;
    pixels->index.push_back(i);
    pixels->value.push_back(static_cast<float>(counts));
  }
  auto list = std::make_shared<ComponentList>();
  list->shape = pixels->shape;
  find_components(*pixels, 1, 1000, *list);
  list->pixels = pixels;
  return list;
}

std::vector<Peak> located(const LocatePeaksConfig& config) {
  ResourceCache cache;
  const auto header = std::make_shared<ScanHeader>();
  header->shape = {24, 26};
  const LocatePeaks stage(config, {header, cache});
  return stage.process(three_spots()).value().peaks;
}

TEST(LocatePeaks, StandsAtTheCentroidUnlessToldOtherwise) {
  const std::vector<Peak> peaks = located({});
  ASSERT_EQ(peaks.size(), 2U);
  for (const Peak& peak : peaks) {
    EXPECT_EQ(peak.source, PositionSource::centroid);
    EXPECT_EQ(peak.row, peak.centroid_row);
    EXPECT_TRUE(std::isnan(peak.row_error));
  }
}

TEST(LocatePeaks, SaysWhichEstimatorPlacedAPeak) {
  EXPECT_EQ(located({.by = LocateBy::centroid_above})[0].source, PositionSource::centroid_above);
  EXPECT_EQ(located({.by = LocateBy::centroid_squared})[0].source, PositionSource::centroid_squared);
  EXPECT_EQ(located({.by = LocateBy::fit})[0].source, PositionSource::fit);
  const std::vector<Peak> peaks = located({.by = LocateBy::automatic, .split = true});
  EXPECT_EQ(peaks[0].source, PositionSource::centroid_squared) << "a dim, whole spot";
  EXPECT_EQ(peaks[1].source, PositionSource::fit) << "overlapped";
  EXPECT_EQ(peaks[2].source, PositionSource::fit);
}

TEST(LocatePeaks, GivesOnePeakForEachMaximumWhereItSplits) {
  const std::vector<Peak> peaks = located({.by = LocateBy::fit, .split = true});
  ASSERT_EQ(peaks.size(), 3U);
  EXPECT_EQ(peaks[1].component, 1U);
  EXPECT_EQ(peaks[2].component, 1U);
  EXPECT_NEAR(peaks[1].row, 12.3, 0.02);
  EXPECT_NEAR(peaks[1].col, 10.2, 0.02);
  EXPECT_NEAR(peaks[2].row, 12.1, 0.02);
  EXPECT_NEAR(peaks[2].col, 14.8, 0.02);
  const std::vector<Peak> whole = located({});
  EXPECT_DOUBLE_EQ(peaks[1].sum_intensity + peaks[2].sum_intensity, whole[1].sum_intensity);
  EXPECT_EQ(peaks[1].n_pixels + peaks[2].n_pixels, whole[1].n_pixels);
}

TEST(LocatePeaks, SplitsWithoutAFitToo) {
  const std::vector<Peak> peaks = located({.split = true});
  ASSERT_EQ(peaks.size(), 3U);
  EXPECT_NEAR(peaks[1].col, 10.2, 0.3);
  EXPECT_NEAR(peaks[2].col, 14.8, 0.3);
}

TEST(LocatePeaks, SplitsByItselfWhereANetworkPlacesPeaks) {
  EXPECT_FALSE(LocatePeaksConfig{}.splits());
  const LocatePeaksConfig network{.by = LocateBy::network, .model = "models/braggnn-fast"};
  EXPECT_TRUE(network.splits());
  LocatePeaksConfig told = network;
  told.split = false;
  EXPECT_FALSE(told.splits());
}

TEST(LocatePeaks, SplitsNoMaximumThatNoiseWouldMakeWhereTheNoiseIsKnown) {
  const LocatePeaksConfig quiet{.split = true, .noise_sigma = 1, .signal_variance = 1};
  EXPECT_EQ(located(quiet).size(), 3U);
  LocatePeaksConfig loud = quiet;
  loud.noise_sigma = 500;  // counts; the second spot has 600
  EXPECT_EQ(located(loud).size(), 2U);
  loud.split_significance = 0;
  EXPECT_EQ(located(loud).size(), 3U);
}

TEST(LocatePeaks, StatesErrorsOnlyWhereTheNoiseIsKnown) {
  for (const LocateBy by :
       {LocateBy::centroid, LocateBy::centroid_above, LocateBy::centroid_squared, LocateBy::fit}) {
    EXPECT_TRUE(std::isnan(located({.by = by})[1].row_error));
    const Peak peak = located({.by = by, .noise_sigma = 0, .signal_variance = 1})[1];
    EXPECT_GT(peak.row_error, 0.001F);
    EXPECT_LT(peak.row_error, 0.2F);
  }
}

TEST(LocatePeaks, RefusesANetworkWithoutItsBundleAndABundleWithoutUse) {
  EXPECT_THROW(LocatePeaks::check({.by = LocateBy::network}), ConfigError);
  EXPECT_THROW(LocatePeaks::check({.by = LocateBy::fit, .model = "models/braggnn-fast"}), ConfigError);
  EXPECT_THROW(LocatePeaks::check({.by = LocateBy::network, .model = "no/such/bundle"}), ConfigError);
}

TEST(LocatePeaks, RefusesPatchesWithoutAMiddleAndHalfANoise) {
  EXPECT_THROW(LocatePeaks::check({.patch_px = 12}), ConfigError);
  EXPECT_THROW(LocatePeaks::check({.noise_sigma = 1}), ConfigError);
  EXPECT_NO_THROW(LocatePeaks::check({}));
}

}  // namespace
}  // namespace braggd
