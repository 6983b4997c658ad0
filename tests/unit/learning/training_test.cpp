#include <cmath>
#include <gmock/gmock.h>

#include <braggd/error.hpp>

#include "inference/patch_input.hpp"
#include "learning/accuracy.hpp"
#include "learning/make_bundle.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/inference/bundles.hpp"

namespace braggd {
namespace {

TrainingOptions small(const std::string& network = "braggnn-fast") {
  TrainingOptions options;
  options.network = network;
  options.patches = network == "braggnn-fast" ? 60'000 : 6'000;
  options.pool = 4'000;
  return options;
}

TrainedNetwork trained(const TrainingOptions& options, const std::function<bool()>& stopped = {}) {
  return train_peak_network(
      options, [](const TrainingProgress&) {}, stopped);
}

bool same_weights(const NamedWeights& a, const NamedWeights& b) {
  for (const auto& [name, weight] : a) {
    if (!b.contains(name) || b.at(name).values != weight.values) return false;
  }
  return a.size() == b.size();
}

TEST(Training, LowersTheLossAndBeatsTheCentroidItStartsFrom) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const TrainedNetwork network = trained(small());
  EXPECT_LT(network.last_loss_px, 0.7 * network.first_loss_px);
  EXPECT_EQ(network.patches, 60'000 / 512 * 512);
  TemporaryDirectory directory;
  const JudgingOptions judging{9, 2000};
  const ModelManifest manifest = make_bundle(directory.path() / "model", small(), network, judging);
  const TrainingPatches patches = make_training_patches(judging_set(11, judging.seed), judging.patches);
  EXPECT_LT(manifest.accuracy.back().mean_px,
            judge(patches, centroid_estimator(CentroidWeight::squared)).back().mean_px);
  EXPECT_EQ(PeakNetwork::load(directory.path() / "model", {"cpu", "auto"}).manifest().id, manifest.id);
}

TEST(Training, OfBraggnnLowersTheLoss) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const TrainedNetwork network = trained(small("braggnn-11"));
  EXPECT_LT(network.last_loss_px, 0.8 * network.first_loss_px);
}

TEST(Training, GivesTheSameWeightsForTheSameSeedAndOthersForAnother) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  TrainingOptions options = small();
  options.patches = 8192;
  const TrainedNetwork once = trained(options);
  EXPECT_TRUE(same_weights(once.weights, trained(options).weights));
  options.seed = 2;
  EXPECT_FALSE(same_weights(once.weights, trained(options).weights));
}

TEST(Training, ThatWasStoppedAndTakenUpAgainEndsWithTheSameWeights) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  TemporaryDirectory directory;
  TrainingOptions options = small();
  options.patches = 20 * 512 * 2;
  const TrainedNetwork whole = trained(options);
  options.checkpoint = directory.path() / "checkpoint";
  bool making = true;  // the pool asks, too
  int asked = 0;
  const TrainedNetwork part = train_peak_network(
      options, [&](const TrainingProgress&) { making = false; }, [&] { return !making && ++asked > 20; });
  ASSERT_TRUE(part.interrupted);
  ASSERT_LT(part.patches, whole.patches);
  const TrainedNetwork resumed = trained(options);
  EXPECT_TRUE(same_weights(whole.weights, resumed.weights));
  options.seed = 5;
  EXPECT_THROW(trained(options), ConfigError);
}

TEST(Symmetry, TurnsAPatchAndItsPlaceAlike) {
  std::vector<float> patch(121, 0.0F), turned(121);
  patch[2 * 11 + 7] = 1;
  std::set<std::pair<float, float>> places;
  for (unsigned which = 0; which < 8; ++which) {
    const Symmetry symmetry(11, which);
    symmetry.turn(patch, turned);
    const auto [row, col] = symmetry.turn(2, 7);
    EXPECT_EQ(turned[static_cast<std::size_t>(row * 11 + col)], 1) << which;
    places.emplace(row, col);
  }
  EXPECT_EQ(places.size(), 8U);
}

TEST(Judging, UsesPatchesThatNoTrainingSees) {
  const PatchSetConfig config = judging_set(11, 20'000);
  EXPECT_NE(config.sigma_max_px, PatchSetConfig{}.sigma_max_px);
  const TrainingPatches patches = make_training_patches(config, 500);
  const std::vector<ClassAccuracy> classes = judge(patches, centroid_estimator(CentroidWeight::squared));
  EXPECT_EQ(classes.back().name, "all");
  EXPECT_EQ(classes.back().n_patches, 500U);
}

}  // namespace
}  // namespace braggd
