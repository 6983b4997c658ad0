// Models for score_anomaly: from a bundle and back, and those that are refused.
#include "learning/anomaly_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "learning/kmeans.hpp"
#include "learning/score_patches.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/inference/bundles.hpp"
#include "unit/learning/encoder_patches.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t sample_clusters = 5;

/// An encoder that was not trained, and what it makes of 200 patches.
struct Sample {
  std::vector<float> patches = spot_patches(200);
  EncoderWeights encoder{begun_encoder(), {}};
  LearntBaseline learnt;

  Sample() {
    encoder.statistics = stored_statistics(batch_statistics(encoder.weights, patches));
    std::vector<float> embeddings(200 * rei_dimensions);
    ReiEncoder(encoder.weights, encoder.statistics).encode(patches, embeddings);
    const Kmeans clusters = fit_kmeans(embeddings, rei_dimensions, {.n_clusters = sample_clusters});
    learnt.n_clusters = sample_clusters;
    learnt.centroids = clusters.centroids;
    learnt.histogram.assign(sample_clusters, 1.0 / sample_clusters);
    learnt.n_patches = 200;
    learnt.n_repeats = 3;
    learnt.rei_mean = 0.125;
    learnt.rei_sd = 0.03125;
    learnt.overdispersion = 1.5;
    learnt.jsd_overdispersion = 2.5;
  }
  ScanPatches scan() const {
    ScanPatches all;
    all.scan_id = "sample";
    all.pixels = patches;
    for (std::uint64_t frame = 0; frame < 20; ++frame) {
      all.frames.push_back({frame, static_cast<double>(frame), 10, 1, 300});
      for (int i = 0; i < 10; ++i) all.origins.push_back({frame, 0, 0});
    }
    return all;
  }
};

class AnomalyBundle : public ::testing::Test {
 protected:
  void SetUp() override {
    BRAGGD_SKIP_WITHOUT_NETWORKS();
    manifest_ =
        write_anomaly_bundle(bundle_, "steel", sample_.encoder, sample_.learnt, sample_.patches, "{}");
  }
  void change_manifest(const std::string& from, const std::string& to) {
    std::string text = content_of(bundle_ / "manifest.json");
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    replace_content(bundle_ / "manifest.json", text.replace(at, from.size(), to));
  }
  std::string refusal() {
    try {
      load_anomaly_model(bundle_);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }

  TemporaryDirectory directory_;
  std::filesystem::path bundle_ = directory_ / "bundle";
  Sample sample_;
  ModelManifest manifest_;
};

TEST_F(AnomalyBundle, IsLoadedAsItWasWritten) {
  const AnomalyModel model = load_anomaly_model(bundle_);
  EXPECT_EQ(model.baseline->model_id, manifest_.id);
  EXPECT_EQ(model.weights, sample_.encoder.weights);
  EXPECT_EQ(model.baseline->histogram, sample_.learnt.histogram);
  EXPECT_EQ(model.baseline->rei_mean, 0.125);
  EXPECT_EQ(model.baseline->rei_sd, 0.03125);
  EXPECT_EQ(model.baseline->overdispersion, 1.5);
  EXPECT_EQ(model.baseline->jsd_overdispersion, 2.5);
  EXPECT_EQ(model.baseline->n_patches, 200U);
  std::vector<float> mine(200 * rei_dimensions), loaded(mine.size());
  ReiEncoder(sample_.encoder.weights, sample_.encoder.statistics).encode(sample_.patches, mine);
  model.encoder.encode(sample_.patches, loaded);
  EXPECT_EQ(mine, loaded);
}

TEST_F(AnomalyBundle, WithoutRepeatsHasNoNullDistribution) {
  sample_.learnt.n_repeats = 0;
  sample_.learnt.rei_mean = sample_.learnt.rei_sd = std::nan("");
  write_anomaly_bundle(bundle_, "steel", sample_.encoder, sample_.learnt, sample_.patches, "{}");
  const AnomalyModel model = load_anomaly_model(bundle_);
  EXPECT_TRUE(std::isnan(model.baseline->rei_mean));
  EXPECT_EQ(score_patches(model, sample_.scan(), ReiMode::stream).decision, AnomalyDecision::undecided);
}

TEST_F(AnomalyBundle, ThatIsDamagedIsRefused) {
  std::string script = content_of(bundle_ / "script.pt");
  const std::string whole = script;
  script[script.size() / 2] = static_cast<char>(script[script.size() / 2] ^ 1);
  replace_content(bundle_ / "script.pt", script);
  EXPECT_THAT(refusal(), HasSubstr("SHA-256"));
  replace_content(bundle_ / "script.pt", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal(), HasSubstr("bytes where its manifest says"));
}

TEST_F(AnomalyBundle, WhoseGoldenExampleComesOutOtherwiseIsRefused) {
  const std::string text = content_of(bundle_ / "manifest.json");
  const std::size_t at = text.find('[', text.find("\"embedding\""));
  const std::size_t end = text.find(',', at);
  replace_content(bundle_ / "manifest.json", text.substr(0, at + 1) + "1e3" + text.substr(end));
  EXPECT_THAT(refusal(), HasSubstr("embeds a golden example otherwise"));
}

TEST_F(AnomalyBundle, WhoseBaselineIsWrongIsRefused) {
  change_manifest("\"n_clusters\": 5", "\"n_clusters\": 4");
  EXPECT_THAT(refusal(), HasSubstr("centroids: must be a list"));
  change_manifest("\"n_clusters\": 4", "\"n_clusters\": 5");
  change_manifest("0.2", "0.9");
  EXPECT_THAT(refusal(), HasSubstr("shares that add up to 1"));
}

TEST_F(AnomalyBundle, WithWeightsThatAreNotFiniteIsRefused) {
  EncoderWeights broken = sample_.encoder;
  broken.weights[1000] = std::nanf("");
  EXPECT_THROW(write_anomaly_bundle(bundle_, "steel", broken, sample_.learnt, sample_.patches, "{}"),
               ConfigError);
}

TEST_F(AnomalyBundle, IsNotForLocatingPeaks) {
  EXPECT_THROW(PeakNetwork::load(bundle_, {}), ConfigError);
  const std::filesystem::path other = directory_ / "other";
  write_random_bundle(other);
  EXPECT_THROW(load_anomaly_model(other), ConfigError);
}

TEST_F(AnomalyBundle, AScanIsCountedFrameByFrame) {
  const AnomalyModel model = load_anomaly_model(bundle_);
  const ScanScore score = score_patches(model, sample_.scan(), ReiMode::stream);
  EXPECT_EQ(score.counts.n_patches, 200U);
  EXPECT_EQ(score.counts.n_too_big, 20U);
  ASSERT_EQ(score.sectors.size(), 2U);
  const ScanScore compat = score_patches(model, sample_.scan(), ReiMode::compat);
  EXPECT_EQ(compat.counts.n_patches, 190U);  // without those of frame 0
}

TEST_F(AnomalyBundle, AScanWithoutPatchesHasNoScore) {
  const AnomalyModel model = load_anomaly_model(bundle_);
  ScanPatches none;
  none.frames = {{0, 0.5, 0, 0, 0}};
  const ScanScore score = score_patches(model, none, ReiMode::stream);
  EXPECT_TRUE(std::isnan(score.counts.rei()));
  EXPECT_EQ(score.decision, AnomalyDecision::undecided);
  EXPECT_THROW(score_patches(model, none, ReiMode::compat), InputError);
}

}  // namespace
}  // namespace braggd
