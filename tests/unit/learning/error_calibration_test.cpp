#include "learning/error_calibration.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "kernels/patch_channels.hpp"

namespace braggd {
namespace {

struct Stated {
  TrainingPatches patches;
  std::vector<PatchPosition> places;

  /// Patches of 5 x 5 px with one bright pixel, true at (2, 2), placed with errors of `spread(height)` px that are stated as
  /// 0.1 px.
  template <class Spread>
  Stated(std::size_t n, Spread spread) {
    patches.patch_px = 5;
    patches.resize(n);
    std::mt19937 random(1);
    std::uniform_real_distribution<float> log_height(0.1F, 6.0F);
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < n; ++i) {
      const float height = std::exp(log_height(random));
      patches.pixels[i * 25 + 12] = 7 * height;
      patches.thresholds[i] = 7;
      patches.rows[i] = patches.cols[i] = 2;
      const float sigma = spread(height);
      places.push_back({2 + sigma * normal(random), 2 + sigma * normal(random), 0.1F, 0.1F});
    }
  }

  /// The same of pixels of two kinds in turns: photons, where the errors are as many times as large.
  static Stated of_two_detectors(std::size_t n, float photons_over_panel) {
    Stated stated(n, [](float) { return 0.1F; });
    for (std::size_t i = 0; i < n; ++i) {
      const bool photons = i % 2 == 0;
      stated.patches.noises[i] = photons ? NoiseModel{0, 1} : NoiseModel{0, 0.0625};
      if (!photons) continue;
      stated.places[i].row = 2 + photons_over_panel * (stated.places[i].row - 2);
      stated.places[i].col = 2 + photons_over_panel * (stated.places[i].col - 2);
    }
    return stated;
  }

  double share_within(const ErrorByNoise& errors, std::size_t first_of_two) const {
    double within = 0, all = 0;
    for (std::size_t i = first_of_two; i < places.size(); i += 2) {
      const float error = 0.1F * errors.factor(double{patches.patch(i)[12]}, 7, patches.noises[i]);
      within += (std::abs(places[i].row - 2) < error ? 1 : 0) + (std::abs(places[i].col - 2) < error ? 1 : 0);
      all += 2;
    }
    return within / all;
  }

  double share_within(const ErrorByHeight& by_height, float from, float to) const {
    double within = 0, all = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const float height = patches.patch(i)[12] / 7;
      if (height < from || height >= to) continue;
      std::vector<float> channels(50);
      sqrt_and_mask_channels(patches.patch(i), 7, channels);
      const float error = 0.1F * std::exp(by_height.of(std::span(channels).subspan(25)));
      within += (std::abs(places[i].row - 2) < error ? 1 : 0) + (std::abs(places[i].col - 2) < error ? 1 : 0);
      all += 2;
    }
    return within / all;
  }
};

TEST(ErrorCalibration, MakesErrorsTrueAtEveryHeight) {
  const Stated stated(40'000, [](float height) { return 0.3F / std::sqrt(height); });
  EXPECT_LT(stated.share_within({}, 1, 3), 0.5);
  EXPECT_GT(stated.share_within({}, 100, 300), 0.95);
  const ErrorByHeight by_height = calibrate_errors(stated.patches, stated.places);
  for (const float from : {1.5F, 3.0F, 10.0F, 30.0F, 100.0F}) {
    EXPECT_NEAR(stated.share_within(by_height, from, 2 * from), 0.683, 0.02) << from;
  }
}

TEST(ErrorCalibration, LeavesTrueErrorsAlone) {
  const Stated stated(40'000, [](float) { return 0.1F; });
  const ErrorByHeight by_height = calibrate_errors(stated.patches, stated.places);
  std::vector<float> mask(25, 0.0F);
  for (const float height : {1.5F, 8.0F, 50.0F, 300.0F}) {
    mask[7] = 1 / std::sqrt(height);
    EXPECT_NEAR(by_height.of(mask), 0, 0.06) << height;
  }
}

TEST(ErrorCalibration, TellsDetectorsApartByTheirNoise) {
  for (const float photons_over_panel : {1.0F, 2.0F, 4.0F}) {
    const Stated stated = Stated::of_two_detectors(40'000, photons_over_panel);
    const auto errors = calibrate_errors_by_noise(stated.patches, stated.places);
    ASSERT_TRUE(errors);
    EXPECT_NEAR(errors->exponent, std::log2(photons_over_panel) / 2, 0.05) << "photons are 4 times as noisy";
    for (const std::size_t detector : {0U, 1U})
      EXPECT_NEAR(stated.share_within(*errors, detector), 0.683, 0.02)
          << photons_over_panel << ", " << detector;
  }
}

TEST(ErrorCalibration, SaysNothingOfFewPatches) {
  const Stated stated(20, [](float) { return 5.0F; });
  EXPECT_TRUE(calibrate_errors(stated.patches, stated.places).knots.empty());
  EXPECT_FALSE(calibrate_errors_by_noise(stated.patches, stated.places));
}

}  // namespace
}  // namespace braggd
