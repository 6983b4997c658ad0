#include <algorithm>
#include <cstring>
#include <gmock/gmock.h>
#include <thread>

#include <braggd/error.hpp>

#include "inference/bundle_perceptron.hpp"
#include "inference/patch_input.hpp"
#include "kernels/patch_channels.hpp"
#include "unit/inference/bundles.hpp"

namespace braggd {
namespace {

std::vector<PatchPosition> located(const PeakNetwork& network, std::span<const float> patches) {
  std::vector<PatchPosition> places(patches.size() / (network.patch_size() * network.patch_size()));
  network.locate(patches, 5, {}, places);
  return places;
}

bool same_bits(const PatchPosition& a, const PatchPosition& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

class EachNetwork : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void SetUp() override { BRAGGD_SKIP_WITHOUT_NETWORKS(); }
  PeakNetwork network() const {
    return {random_bundle(std::get<0>(GetParam())), {"cpu", std::get<1>(GetParam())}, "trial"};
  }
};

TEST_P(EachNetwork, PlacesAPatchToTheSameBitsWhoeverTravelsWithItAndWhereverItSits) {
  const PeakNetwork tried = network();
  const std::size_t pixels = tried.patch_size() * tried.patch_size();
  const std::size_t n = 2 * tried.manifest().batch + 37;
  const std::vector<float> patches = random_patches(n, static_cast<std::uint32_t>(tried.patch_size()));
  const std::vector<PatchPosition> together = located(tried, patches);
  for (std::size_t shift : {std::size_t{1}, std::size_t{5}, std::size_t{41}}) {
    std::vector<float> turned = patches;
    std::rotate(turned.begin(), turned.begin() + static_cast<std::ptrdiff_t>(shift * pixels), turned.end());
    const std::vector<PatchPosition> places = located(tried, turned);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_TRUE(same_bits(places[i], together[(i + shift) % n])) << "patch " << i << ", shift " << shift;
    }
  }
  for (std::size_t i = 0; i < n; i += 97) {
    const std::vector<PatchPosition> alone = located(tried, std::span(patches).subspan(i * pixels, pixels));
    EXPECT_TRUE(same_bits(alone[0], together[i])) << "patch " << i;
  }
}

TEST_P(EachNetwork, GivesTheSameBitsOnManyThreadsAtOnce) {
  const PeakNetwork tried = network();
  const std::vector<float> patches = random_patches(300, static_cast<std::uint32_t>(tried.patch_size()));
  const std::vector<PatchPosition> expected = located(tried, patches);
  std::vector<std::vector<PatchPosition>> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& places : seen) threads.emplace_back([&] { places = located(tried, patches); });
  }
  for (const auto& places : seen) {
    ASSERT_EQ(places.size(), expected.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      ASSERT_TRUE(same_bits(places[i], expected[i])) << i << " " << places[i].row - expected[i].row;
    }
  }
}

TEST_P(EachNetwork, GivesFinitePlacesForPatchesThatShowNothing) {
  const PeakNetwork tried = network();
  const std::size_t pixels = tried.patch_size() * tried.patch_size();
  for (const float value : {0.0F, 7.0F, NAN, -3.0F, INFINITY, -INFINITY, 3e38F, 1e-42F}) {
    const std::vector<PatchPosition> places = located(tried, std::vector<float>(pixels, value));
    EXPECT_TRUE(std::isfinite(places[0].row) && std::isfinite(places[0].col)) << value;
  }
}

TEST(PeakNetwork, StatesErrorsOfTheNoiseWhereItIsKnownAndTheBundleTellsHow) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  ModelBundle bundle = random_bundle();
  const std::vector<float> patches = random_patches(20, 11);
  const auto places = [&](const NoiseModel& noise) {
    std::vector<PatchPosition> found(20);
    PeakNetwork(bundle, {"cpu", "float32"}, "trial").locate(patches, 5, noise, found);
    return found;
  };
  const std::vector<PatchPosition> without = places({});
  EXPECT_TRUE(std::ranges::equal(places({0, 1}), without, same_bits)) << "the bundle does not tell how";
  bundle.manifest.errors_by_noise =
      ErrorByNoise{{{0}, {0}, std::log(2.0F)}, {{0}, {0}, std::log(2.0F)}, 0.5F};
  EXPECT_TRUE(std::ranges::equal(places({}), without, same_bits));
  const std::vector<PatchPosition> photons = places({0, 1}), panel = places({0, 0.25});
  for (std::size_t i = 0; i < 20; ++i) {
    float highest = 0;
    for (const float counts : std::span(patches).subspan(i * 121, 121)) highest = std::fmax(highest, counts);
    EXPECT_EQ(photons[i].row, without[i].row);
    EXPECT_NEAR(photons[i].row_error / without[i].row_error, 2 / std::pow(highest, 0.25), 1e-4) << i;
    EXPECT_NEAR(photons[i].col_error / panel[i].col_error, std::sqrt(2), 1e-4) << i;
  }
}

TEST(PeakNetwork, PlacesAsItsScriptDoesWhereThePerceptronRuns) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const ModelBundle bundle = random_bundle();
  const ModelManifest& manifest = bundle.manifest;
  ASSERT_TRUE(perceptron_of(bundle).has_value());
  const std::vector<float> patches = random_patches(manifest.batch, manifest.patch_px);
  const std::vector<PatchPosition> places = located({bundle, {"cpu", "float32"}, "trial"}, patches);
  const std::size_t pixels = manifest.patch_pixels();
  std::vector<float> channels(manifest.batch * 2 * pixels), answers(manifest.batch * 4);
  for (std::size_t i = 0; i < manifest.batch; ++i) {
    prepare_patch(manifest.input, std::span(patches).subspan(i * pixels, pixels), 5,
                  std::span(channels).subspan(i * 2 * pixels, 2 * pixels));
  }
  const ScriptModule script(bundle.script, {manifest.batch, 2, manifest.patch_px, 4}, "cpu", false);
  script.run(channels, answers);
  for (std::size_t i = 0; i < manifest.batch; ++i) {
    const auto base = squared_centroid(std::span(patches).subspan(i * pixels, pixels), manifest.patch_px);
    EXPECT_NEAR(places[i].row, base.row + answers[4 * i], 1e-4) << i;
    EXPECT_NEAR(places[i].col, base.col + answers[4 * i + 1], 1e-4) << i;
    EXPECT_NEAR(places[i].row_error, std::exp(answers[4 * i + 2]), 1e-4 * places[i].row_error) << i;
    EXPECT_NEAR(places[i].col_error, std::exp(answers[4 * i + 3]), 1e-4 * places[i].col_error) << i;
  }
}

TEST(PeakNetwork, RunsTheScriptWhereItIsAnotherFunctionOfTheSameWeights) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const NetworkPlan plan = network_plan("braggnn-fast");
  Script script = random_script(plan, 7);
  const std::string before = "torch.relu(";
  script.source.replace(script.source.find(before), before.size(), "torch.sigmoid(");
  EXPECT_FALSE(perceptron_of({plan.manifest, write_script(script)}).has_value());
  script.weights.erase("error_bias_1");
  script.source = "\ndef forward(self, x):\n    return torch.zeros([256, 4])\n";
  EXPECT_FALSE(perceptron_of({plan.manifest, write_script(script)}).has_value());
  EXPECT_FALSE(perceptron_of(random_bundle("braggnn-11")).has_value());
}

TEST(PeakNetwork, RunsThePerceptronOfABundleWhoseErrorsDoNotDependOnTheHeight) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const NetworkPlan plan = network_plan("braggnn-fast");
  Script script = deployed_script(plan, initial_weights(plan, 7));
  script.source = script.source.substr(0, script.source.find("    mask = ")) + "    return h\n";
  for (const char* name : {"height_knots", "height_slopes", "height_offset"}) script.weights.erase(name);
  EXPECT_TRUE(perceptron_of({plan.manifest, write_script(script)}).has_value());
}

INSTANTIATE_TEST_SUITE_P(networks, EachNetwork,
                         testing::Combine(testing::Values("braggnn-fast", "braggnn-11", "braggnn-15"),
                                          testing::Values("float32", "bfloat16")));

TEST(PeakNetwork, RefusesDevicesAndPrecisionsThatDoNotExist) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const ModelBundle bundle = random_bundle();
  for (const InferenceOptions& options : std::vector<InferenceOptions>{
           {"gpu", "float32"}, {"cuda:x", "float32"}, {"cuda:99", "float32"}, {"cpu", "float64"}}) {
    EXPECT_THROW(PeakNetwork(bundle, options, "trial"), ConfigError) << options.device << options.precision;
  }
}

TEST(PeakNetwork, WithoutLibtorchSaysWhatToBuild) {
  if (networks_available()) GTEST_SKIP() << "built with LibTorch";
  EXPECT_THROW(ScriptModule({}, {}, "cpu", false), ConfigError);
}

TEST(PeakNetwork, TurnsTheOrderOfOutputsAsItsManifestSays) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  ModelBundle bundle = random_bundle("braggnn-11");
  const std::vector<float> patches = random_patches(3, 11);
  const std::vector<PatchPosition> straight = located({bundle, {"cpu", "float32"}, "trial"}, patches);
  bundle.manifest.col_first = true;
  const std::vector<PatchPosition> turned = located({bundle, {"cpu", "float32"}, "trial"}, patches);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(straight[i].row, turned[i].col);
    EXPECT_EQ(straight[i].col, turned[i].row);
  }
}

TEST(LinearAlgebra, IsNamed) {
  EXPECT_THAT(linear_algebra_in_use(), testing::HasSubstr("LibTorch"));
}

TEST(PreparedPatch, OfAFlatPatchIs0UnderMinMax) {
  std::vector<float> channels(9, 5.0F);
  prepare_patch(PatchInput::min_max, std::vector<float>(9, 4.0F), 1, channels);
  EXPECT_THAT(channels, testing::Each(0.0F));
}

TEST(PreparedPatch, HasTheRootOfCountsAndAMaskOfWhatIsAboveThreshold) {
  std::vector<float> patch(9, 0.0F), channels(18);
  patch[0] = NAN;
  patch[4] = 100;
  patch[5] = 25;
  prepare_patch(PatchInput::sqrt_and_mask, patch, 4, channels);
  EXPECT_FLOAT_EQ(channels[4], 1);
  EXPECT_FLOAT_EQ(channels[5], 0.5);
  EXPECT_FLOAT_EQ(channels[9 + 4], 0.2F);
  EXPECT_FLOAT_EQ(channels[9 + 0], -1);
  EXPECT_FLOAT_EQ(channels[9 + 1], 0);
}

}  // namespace
}  // namespace braggd
