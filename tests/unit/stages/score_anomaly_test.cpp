#include "stages/score_anomaly.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "kernels/components.hpp"
#include "stages/locate_peaks.hpp"

namespace braggd {
namespace {

/// A frame of blobs that differ in width; the first `n_big` are too wide for a patch.
std::shared_ptr<const PeakList> frame_of(std::uint64_t index, int n_blobs, int n_big = 0) {
  const std::uint32_t side = 300;
  std::vector<float> image(side * side);
  std::mt19937 random(static_cast<unsigned>(index));
  for (int i = 0; i < n_blobs; ++i) {
    const int row = 20 + 40 * (i / 7), col = 20 + 40 * (i % 7);
    const double width = i < n_big ? 8 : 1 + static_cast<double>(random() % 100) / 100;
    for (int r = -12; r <= 12; ++r) {
      for (int c = -12; c <= 12; ++c) {
        const double value = std::round(500 * std::exp(-(r * r + c * c) / (2 * width * width)));
        const auto at = static_cast<std::size_t>((row + r) * static_cast<int>(side) + col + c);
        image[at] = value < 100 ? 0 : static_cast<float>(value);
      }
    }
  }
  auto sparse = std::make_shared<SparseFrame>();
  sparse->shape = {side, side};
  for (std::uint32_t i = 0; i < image.size(); ++i) {
    if (image[i] == 0) continue;
    sparse->index.push_back(i);
    sparse->value.push_back(image[i]);
  }
  auto components = std::make_shared<ComponentList>();
  components->meta.index = index;
  components->shape = sparse->shape;
  components->pixels = sparse;
  find_components(*sparse, 1, 100000, *components);
  ResourceCache cache;
  const StageContext context{nullptr, cache};
  return std::make_shared<const PeakList>(LocatePeaks({}, context).process(components).value());
}

std::shared_ptr<const AnomalyModel> model(double threshold = 0.6) {
  std::mt19937 random(1);
  std::vector<float> weights(rei_encoder_weights), centroids(4 * rei_dimensions);
  for (float& x : weights) x = static_cast<float>(static_cast<double>(random() % 2001) / 10000 - 0.1);
  for (const std::size_t gain : {10U, 9580U, 28140U}) {
    for (std::size_t k = gain; k < gain + (gain == 10 ? 1 : 32); ++k) weights[k] += 1;
  }
  for (float& x : centroids) x = static_cast<float>(static_cast<double>(random() % 2001) / 5000 - 0.2);
  ReiStatistics statistics;
  statistics.variance.fill(0.01);
  auto baseline = std::make_shared<AnomalyBaseline>();
  baseline->threshold = threshold;
  baseline->histogram.assign(4, 0.25);
  return std::make_shared<const AnomalyModel>(
      AnomalyModel{ReiEncoder(weights, statistics), ReiCentroids(centroids, 4), baseline, weights});
}

TEST(ScoreAnomaly, PeaksGainTheConfidenceAndClusterOfTheirPatch) {
  const auto peaks = frame_of(3, 12);
  const auto scoring = model();
  const PeakList scored = ScoreAnomaly(scoring).process(peaks).value();
  ASSERT_EQ(scored.peaks.size(), 12U);
  ReiPatches patches;
  cut_rei_patches(*peaks->components, 3, ReiMode::stream, patches);
  ASSERT_EQ(patches.size(), 12U);
  std::uint32_t n_low = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    std::vector<float> embedding(rei_dimensions);
    std::vector<ReiVerdict> verdict(1);
    scoring->encoder.encode(patches.patch(i), embedding);
    score_embeddings(embedding, scoring->centroids, ReiMode::stream, verdict);
    EXPECT_EQ(scored.peaks[i].anomaly_confidence, static_cast<float>(verdict[0].confidence));
    EXPECT_EQ(scored.peaks[i].cluster, verdict[0].cluster);
    EXPECT_EQ(scored.anomaly->clusters[i], verdict[0].cluster);
    n_low += verdict[0].confidence < 0.6 ? 1U : 0U;
  }
  EXPECT_EQ(scored.anomaly->n_low, n_low);
  EXPECT_EQ(scored.anomaly->baseline, scoring->baseline);
}

TEST(ScoreAnomaly, BlobsThatNoPatchHoldsAreCountedAndTheirPeaksUnscored) {
  const PeakList scored = ScoreAnomaly(model()).process(frame_of(1, 9, 2)).value();
  EXPECT_EQ(scored.anomaly->n_too_big, 2U);
  EXPECT_GT(scored.anomaly->too_big_pixels, 2U * 225U);
  EXPECT_EQ(scored.anomaly->clusters.size(), 7U);
  EXPECT_EQ(std::ranges::count_if(scored.peaks, [](const Peak& p) { return p.cluster == no_cluster; }), 2);
  EXPECT_EQ(
      std::ranges::count_if(scored.peaks, [](const Peak& p) { return std::isnan(p.anomaly_confidence); }), 2);
}

TEST(ScoreAnomaly, PeaksOfOneComponentShareItsVerdictAndCountOnce) {
  PeakList split = *frame_of(1, 3);
  split.peaks.push_back(split.peaks[1]);
  const PeakList scored = ScoreAnomaly(model()).process(std::make_shared<const PeakList>(split)).value();
  EXPECT_EQ(scored.anomaly->clusters.size(), 3U);
  EXPECT_EQ(scored.peaks[3].anomaly_confidence, scored.peaks[1].anomaly_confidence);
}

TEST(ScoreAnomaly, FramesScoredSideBySideGiveTheSame) {
  const ScoreAnomaly scorer(model());
  std::vector<PeakList> alone(8), together(8);
  for (std::size_t i = 0; i < 8; ++i) alone[i] = scorer.process(frame_of(i, 20)).value();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] { together[i] = scorer.process(frame_of(i, 20)).value(); });
    }
  }
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(alone[i].anomaly->clusters, together[i].anomaly->clusters);
    EXPECT_EQ(alone[i].anomaly->n_low, together[i].anomaly->n_low);
    for (std::size_t k = 0; k < alone[i].peaks.size(); ++k) {
      EXPECT_EQ(alone[i].peaks[k].anomaly_confidence, together[i].peaks[k].anomaly_confidence);
    }
  }
}

TEST(ScoreAnomaly, AFrameWithoutPeaksIsScoredAsEmpty) {
  const PeakList scored = ScoreAnomaly(model()).process(frame_of(1, 0)).value();
  ASSERT_TRUE(scored.anomaly);
  EXPECT_TRUE(scored.anomaly->clusters.empty());
}

TEST(ScoreAnomaly, PeaksWithoutPixelsCannotBeScored) {
  PeakList bare = *frame_of(1, 2);
  bare.components.reset();
  const auto result = ScoreAnomaly(model()).process(std::make_shared<const PeakList>(bare));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, DropReason::stage_error);
}

TEST(ScoreAnomaly, PartsOfAModelThatDoNotFitAreRefused) {
  AnomalyModel bad = *model();
  bad.centroids = ReiCentroids(std::vector<float>{1, 2, 3, 4}, 4);
  EXPECT_THROW(ScoreAnomaly(std::make_shared<AnomalyModel>(bad)), ConfigError);
  bad = *model();
  auto baseline = std::make_shared<AnomalyBaseline>(*bad.baseline);
  baseline->histogram.pop_back();
  bad.baseline = baseline;
  EXPECT_THROW(ScoreAnomaly(std::make_shared<AnomalyModel>(bad)), ConfigError);
  EXPECT_THROW(ScoreAnomaly(model(1.5)), ConfigError);
}

}  // namespace
}  // namespace braggd
