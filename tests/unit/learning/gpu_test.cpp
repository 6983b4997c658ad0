// What runs on a GPU, where there is one.
#include <cmath>
#include <gmock/gmock.h>
#include <thread>

#include <braggd/error.hpp>

#include "learning/train_anomaly_encoder.hpp"
#include "learning/train_peak_network.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/inference/bundles.hpp"
#include "unit/learning/encoder_patches.hpp"

namespace braggd {
namespace {

bool there_is_a_gpu() {
  if (!networks_available()) return false;
  try {
    const PeakNetwork network(random_bundle(), {"cuda", "float32"}, "trial");
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

class Gpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!there_is_a_gpu()) GTEST_SKIP() << "there is no GPU here";
  }
};

std::vector<PatchPosition> located(const PeakNetwork& network, std::span<const float> patches) {
  std::vector<PatchPosition> places(patches.size() / (network.patch_size() * network.patch_size()));
  network.locate(patches, 5, {}, places);
  return places;
}

TrainedNetwork trained_on(const std::string& device, TrainingOptions options) {
  options.device = device;
  return train_peak_network(options, [](const TrainingProgress&) {}, {});
}

float largest_difference(const NamedWeights& a, const NamedWeights& b) {
  float largest = 0;
  for (const auto& [name, weight] : a) {
    const std::vector<float>& other = b.at(name).values;
    for (std::size_t i = 0; i < other.size(); ++i)
      largest = std::max(largest, std::abs(weight.values[i] - other[i]));
  }
  return largest;
}

TEST_F(Gpu, PlacesPeaksAsTheProcessorDoes) {
  for (const char* name : {"braggnn-fast", "braggnn-11", "braggnn-15"}) {
    const ModelBundle bundle = random_bundle(name);
    const PeakNetwork there(bundle, {"cuda", "float32"}, name), here(bundle, {"cpu", "float32"}, name);
    EXPECT_THAT(there.running_on(), testing::StartsWith("cuda"));
    const std::vector<float> patches = random_patches(300, bundle.manifest.patch_px);
    const std::vector<PatchPosition> on_gpu = located(there, patches), on_cpu = located(here, patches);
    for (std::size_t i = 0; i < on_cpu.size(); ++i) {
      ASSERT_NEAR(on_gpu[i].row, on_cpu[i].row, 1e-5 * bundle.manifest.patch_px) << name << ", patch " << i;
      ASSERT_NEAR(on_gpu[i].col, on_cpu[i].col, 1e-5 * bundle.manifest.patch_px) << name << ", patch " << i;
    }
  }
}

TEST_F(Gpu, PlacesAPatchToTheSameBitsWhoeverTravelsWithItFromWhateverThread) {
  for (const char* name : {"braggnn-fast", "braggnn-11", "braggnn-15"}) {
    const ModelBundle bundle = random_bundle(name);
    const PeakNetwork network(bundle, {"cuda", "float32"}, name);
    const std::size_t pixels = bundle.manifest.patch_pixels();
    const std::vector<float> patches = random_patches(1500, bundle.manifest.patch_px);
    const std::vector<PatchPosition> together = located(network, patches);
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t first = thread * 7, n = 1 + 31 * thread; first + n <= 1500; first += n + 100) {
          const auto places = located(network, std::span(patches).subspan(first * pixels, n * pixels));
          for (std::size_t i = 0; i < n; ++i) {
            ASSERT_EQ(places[i].row, together[first + i].row) << name << ", patch " << first + i;
            ASSERT_EQ(places[i].col, together[first + i].col) << name << ", patch " << first + i;
          }
        }
      });
    }
  }
}

TEST_F(Gpu, GivesTheSameBitsEachTimeAndInBfloat16NearlyTheSamePlaces) {
  const ModelBundle bundle = random_bundle("braggnn-11");
  const PeakNetwork exact(bundle, {"cuda", "float32"}, "exact"),
      coarse(bundle, {"cuda", "bfloat16"}, "coarse");
  const std::vector<float> patches = random_patches(200, 11);
  const std::vector<PatchPosition> once = located(exact, patches), again = located(exact, patches);
  const std::vector<PatchPosition> rough = located(coarse, patches);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].row, again[i].row);
    EXPECT_EQ(once[i].col, again[i].col);
    EXPECT_NEAR(rough[i].row, once[i].row, 0.25);
  }
}

TEST_F(Gpu, TeachesANetworkLikeTheProcessorAndEachTimeToTheSameBits) {
  for (const char* name : {"braggnn-fast", "braggnn-11"}) {
    TrainingOptions options;
    options.network = name;
    options.patches = 8192;
    options.pool = 2000;
    const TrainedNetwork once = trained_on("cuda", options), again = trained_on("cuda", options);
    EXPECT_EQ(largest_difference(once.weights, again.weights), 0) << name;
    const TrainedNetwork here = trained_on("cpu", options);
    EXPECT_NEAR(once.first_loss_px, here.first_loss_px, 0.01 * here.first_loss_px) << name;
    EXPECT_NEAR(once.validation_px, here.validation_px, 0.05 * here.validation_px) << name;
    EXPECT_THAT(once.device, testing::StartsWith("cuda"));
  }
}

TEST_F(Gpu, TakesUpATrainingThatTheProcessorBegan) {
  TemporaryDirectory directory;
  TrainingOptions options;
  options.patches = 16384;
  options.pool = 2000;
  options.checkpoint = directory.path() / "checkpoint";
  options.device = "cpu";
  int steps = 0;
  bool making = true;
  const TrainedNetwork begun = train_peak_network(
      options, [&](const TrainingProgress&) { making = false; }, [&] { return !making && ++steps > 8; });
  ASSERT_TRUE(begun.interrupted);
  const TrainedNetwork ended = trained_on("cuda", options);
  EXPECT_FALSE(ended.interrupted);
  EXPECT_EQ(ended.patches, options.patches);
  EXPECT_LE(ended.validation_px, begun.validation_px);
}

TEST_F(Gpu, TeachesAnEncoder) {
  const std::vector<float> patches = spot_patches(300);
  EncoderTraining options;
  options.epochs = 4;
  options.batch = 32;
  const auto taught = [&](const char* device) {
    options.device = device;
    return train_anomaly_encoder(patches, options, [](const EncoderProgress&) {}, {});
  };
  const TrainedEncoder once = taught("cuda"), here = taught("cpu");
  EXPECT_EQ(once.weights, taught("cuda").weights);
  EXPECT_NEAR(once.first_loss, here.first_loss, 0.02 * here.first_loss);
  EXPECT_LT(once.last_loss, once.first_loss);
}

}  // namespace
}  // namespace braggd
