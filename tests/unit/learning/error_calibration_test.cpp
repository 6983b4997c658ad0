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

  /// The same of four kinds of patches in turns: of photons, where the errors are so many times as large, and of a panel; the
  /// third and the fourth reach the border, where they are so many times as large again.
  static Stated of_four_kinds(std::size_t n, float photons_over_panel, float cut_over_whole) {
    Stated stated(n, [](float) { return 0.1F; });
    for (std::size_t i = 0; i < n; ++i) {
      const bool photons = i % 2 == 0, cut = i % 4 >= 2;
      stated.patches.noises[i] = photons ? NoiseModel{0, 1} : NoiseModel{0, 0.0625};
      if (cut) stated.patches.pixels[i * 25 + 9] = 7;
      const float larger = (photons ? photons_over_panel : 1) * (cut ? cut_over_whole : 1);
      stated.places[i].row = 2 + larger * (stated.places[i].row - 2);
      stated.places[i].col = 2 + larger * (stated.places[i].col - 2);
    }
    return stated;
  }

  double share_within(const ErrorByNoise& errors, std::size_t kind) const {
    double within = 0, all = 0;
    for (std::size_t i = kind; i < places.size(); i += 4) {
      const float error = 0.1F * errors.factor(patches.patch(i), 7, patches.noises[i]);
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

TEST(ErrorCalibration, TellsDetectorsApartByTheirNoiseAndCutPeaksFromWholeOnes) {
  for (const float photons_over_panel : {1.0F, 2.0F, 4.0F}) {
    const Stated stated = Stated::of_four_kinds(40'000, photons_over_panel, 1.5F);
    const auto errors = calibrate_errors_by_noise(stated.patches, stated.places);
    ASSERT_TRUE(errors);
    EXPECT_NEAR(errors->exponent, std::log2(photons_over_panel) / 2, 0.05) << "photons are 4 times as noisy";
    for (const std::size_t kind : {0U, 1U, 2U, 3U})
      EXPECT_NEAR(stated.share_within(*errors, kind), 0.683, 0.025) << photons_over_panel << ", " << kind;
  }
}

TEST(ErrorCalibration, SaysNothingOfFewPatches) {
  const Stated stated(20, [](float) { return 5.0F; });
  EXPECT_TRUE(calibrate_errors(stated.patches, stated.places).knots.empty());
  EXPECT_FALSE(calibrate_errors_by_noise(stated.patches, stated.places));
}

}  // namespace
}  // namespace braggd
