#include "simulation/spot_shape.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

#include "simulation/random.hpp"

namespace braggd {
namespace {

struct Image {
  std::uint32_t rows, cols;
  std::vector<float> pixels;
};

Image drawn(const SpotProfile& spot, std::uint32_t rows, std::uint32_t cols, std::uint32_t band_rows = 1000) {
  Image image{rows, cols, std::vector<float>(std::size_t{rows} * cols)};
  for (std::uint32_t row = 0; row < rows; row += band_rows) {
    Band band;
    band.row_begin = row;
    band.row_end = std::min(rows, row + band_rows);
    band.cols = cols;
    band.signal =
        std::span(image.pixels).subspan(std::size_t{row} * cols, std::size_t{band.row_end - row} * cols);
    spot.add_to(band);
  }
  return image;
}

struct Sums {
  double total = 0, row = 0, col = 0, row_row = 0, row_col = 0, col_col = 0;
};

Sums sums_of(const Image& image) {
  Sums s;
  for (std::uint32_t r = 0; r < image.rows; ++r) {
    for (std::uint32_t c = 0; c < image.cols; ++c) {
      const double v = image.pixels[std::size_t{r} * image.cols + c];
      s.total += v;
      s.row += v * r;
      s.col += v * c;
    }
  }
  s.row /= s.total;
  s.col /= s.total;
  for (std::uint32_t r = 0; r < image.rows; ++r) {
    for (std::uint32_t c = 0; c < image.cols; ++c) {
      const double v = image.pixels[std::size_t{r} * image.cols + c] / s.total;
      s.row_row += v * (r - s.row) * (r - s.row);
      s.row_col += v * (r - s.row) * (c - s.col);
      s.col_col += v * (c - s.col) * (c - s.col);
    }
  }
  return s;
}

TEST(SpotShape, RenderedCountsAndCentroidAreTheTruth) {
  Random random(1, RandomStream::spot);
  for (int i = 0; i < 60; ++i) {
    SpotShape shape;
    shape.sigma_radial_px = static_cast<float>(random.uniform(0.5, 2.5));
    shape.sigma_azimuthal_px = static_cast<float>(random.uniform(0.5, 5.5));
    shape.eta_rad = static_cast<float>(random.uniform(-3.1, 3.1));
    shape.lorentz_fraction = static_cast<float>(random.uniform());
    if (i % 2 == 1) shape.wings = LorentzWings::square;
    const double counts = std::exp(random.uniform(3, 12));
    shape.cut = sufficient_cut(shape, counts);
    const double row = 200 + random.uniform();
    const double col = 201 + random.uniform();
    const Sums s = sums_of(drawn(SpotProfile(shape, row, col, counts), 401, 403));
    const double at_cut = shape.wings == LorentzWings::square ? 2 : 1;  // pixels there hold more
    EXPECT_NEAR(s.total / counts, 1, 0.004 * at_cut);
    EXPECT_NEAR(s.row, row, 0.02 * at_cut);
    EXPECT_NEAR(s.col, col, 0.02 * at_cut);
  }
}

TEST(SpotShape, AGaussianHasTheCovarianceOfItsTiltedEllipseAndAPixel) {
  SpotShape shape{
      .sigma_radial_px = 1.5F, .sigma_azimuthal_px = 3, .eta_rad = 0.6F, .lorentz_fraction = 0, .cut = 8};
  const Sums s = sums_of(drawn(SpotProfile(shape, 60.3, 61.4, 1000), 121, 121));
  const double sine = std::sin(0.6), cosine = std::cos(0.6);
  EXPECT_NEAR(s.row_row, cosine * cosine * 2.25 + sine * sine * 9 + 1. / 12, 0.02);
  EXPECT_NEAR(s.col_col, sine * sine * 2.25 + cosine * cosine * 9 + 1. / 12, 0.02);
  EXPECT_NEAR(s.row_col, sine * cosine * (9 - 2.25), 0.02);
}

TEST(SpotShape, ItsProjectionIsAPseudoVoigtOfTheSameWidth) {
  SpotShape shape{
      .sigma_radial_px = 6, .sigma_azimuthal_px = 6, .eta_rad = 0, .lorentz_fraction = 1, .cut = 30};
  const Image image = drawn(SpotProfile(shape, 200, 200, 1), 401, 401);
  const auto projected = [&](std::uint32_t row) {
    const auto begin = image.pixels.begin() + row * 401;
    return std::accumulate(begin, begin + 401, 0.);
  };
  // A Lorentzian falls to a half at 1.1774 sigma and to a fifth at twice that; the cut lowers its feet a little.
  const double half_width_px = 6 * 1.17741;
  const auto at = [&](double offset) {
    const auto below = static_cast<std::uint32_t>(200 + offset);
    const double t = 200 + offset - below;
    return (1 - t) * projected(below) + t * projected(below + 1);
  };
  EXPECT_NEAR(at(half_width_px) / at(0), 0.5, 0.01);
  EXPECT_NEAR(at(2 * half_width_px) / at(0), 0.2, 0.01);
}

TEST(SpotShape, WideWingsFallWithTheSquareOfTheDistance) {
  const SpotShape shape{.sigma_radial_px = 6,
                        .sigma_azimuthal_px = 6,
                        .lorentz_fraction = 1,
                        .cut = 30,
                        .wings = LorentzWings::square};
  const SpotProfile spot(shape, 200, 200, 1000);
  const double half_width_px = 6 * 1.17741;
  for (const double widths : {1., 2., 5., 20.}) {
    EXPECT_NEAR(spot.pixel(200, 200 + widths * half_width_px) / spot.pixel(200, 200),
                1 / (1 + widths * widths), 1e-5);
  }
}

TEST(SpotShape, ItsLorentzianHasItsShareOfTheHeightWhereTheWingsAreWide) {
  SpotShape shape{.sigma_radial_px = 8, .sigma_azimuthal_px = 8, .wings = LorentzWings::square};
  const auto height = [&](float share) {
    shape.lorentz_fraction = share;
    return SpotProfile(shape, 100, 100, 1000 * share_within_cut(shape)).pixel(100, 100);
  };
  EXPECT_NEAR(height(0.7F) / height(0), 1, 1e-5);
}

TEST(SpotShape, ThePeakIsTheHighestPixel) {
  Random random(9, RandomStream::spot);
  for (int i = 0; i < 50; ++i) {
    SpotShape shape{.sigma_radial_px = 0.8F, .sigma_azimuthal_px = 1.4F, .lorentz_fraction = 0.4F, .cut = 10};
    shape.eta_rad = static_cast<float>(random.uniform(-3, 3));
    const SpotProfile spot(shape, 30 + random.uniform(), 30 + random.uniform(), 1000);
    const Image image = drawn(spot, 61, 61);
    EXPECT_NEAR(spot.peak(), *std::ranges::max_element(image.pixels), spot.peak() * 0.03);
  }
}

TEST(SpotShape, BandsMakeNoDifference) {
  const SpotShape shape{
      .sigma_radial_px = 2, .sigma_azimuthal_px = 4, .eta_rad = 1, .lorentz_fraction = 0.5F, .cut = 20};
  const SpotProfile spot(shape, 50.2, 3.7, 1e5);
  const Image whole = drawn(spot, 97, 64);
  EXPECT_EQ(whole.pixels, drawn(spot, 97, 64, 1).pixels);
  EXPECT_EQ(whole.pixels, drawn(spot, 97, 64, 32).pixels);
  EXPECT_TRUE(spot.reaches(32, 64));
  EXPECT_FALSE(SpotProfile(shape, 500, 3, 1).reaches(32, 64));
}

TEST(SpotShape, WhatIsCutOffIsNegligible) {
  for (const float lorentz_fraction : {0.F, 0.3F}) {
    SpotShape shape{.sigma_radial_px = 1, .sigma_azimuthal_px = 2, .lorentz_fraction = lorentz_fraction};
    shape.cut = sufficient_cut(shape, 2000);
    const SpotProfile spot(shape, 100, 100, 2000);
    EXPECT_LE(spot.pixel(100 - std::ceil(double{shape.cut}), 100), 0.06);
    EXPECT_LE(spot.pixel(100, 100 + std::ceil(2 * double{shape.cut})), 0.06);
  }
}

TEST(SpotShape, ASpotAcrossTheCornerIsClippedAndStaysInside) {
  const SpotShape shape{.sigma_radial_px = 2, .sigma_azimuthal_px = 2, .lorentz_fraction = 0.3F, .cut = 20};
  const Sums s = sums_of(drawn(SpotProfile(shape, -0.5, -0.5, 4000), 50, 50));
  EXPECT_NEAR(s.total, 1000, 10);
}

}  // namespace
}  // namespace braggd
