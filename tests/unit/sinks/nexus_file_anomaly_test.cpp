// The score of a scan in its result file.
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

#include "kernels/rei_score.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/sinks/nexus_file_samples.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t scored_frames = 100;  // of half a degree: five sectors

std::shared_ptr<const AnomalyBaseline> baseline() {
  return std::make_shared<AnomalyBaseline>(AnomalyBaseline{.model_id = "steel@0123",
                                                           .threshold = 0.3,
                                                           .histogram = {0.5, 0.25, 0.25},
                                                           .rei_mean = 0.05,
                                                           .rei_sd = 0.01});
}

/// 20 patches a frame; one of them is low, half of them from frame 40 on. Every tenth frame is a tombstone.
Envelope scored_envelope(const ScanHeader& header, std::uint64_t index,
                         const std::shared_ptr<const AnomalyBaseline>& against) {
  if (index % 10 == 0) return sample_tombstone(header, index, DropReason::decode_error);
  Envelope envelope = sample_envelope(header, index, 2);
  PeakList list = *envelope.get<PeakList>();
  auto anomaly = std::make_shared<FrameAnomaly>();
  anomaly->baseline = against;
  for (std::uint16_t i = 0; i < 20; ++i) anomaly->clusters.push_back(i < 10 ? 0 : i < 15 ? 1 : 2);
  anomaly->n_low = index < 40 ? 1 : 10;
  anomaly->n_too_big = 1;
  anomaly->too_big_pixels = 300 + index;
  list.anomaly = anomaly;
  list.peaks[0].anomaly_confidence = 0.75F;
  list.peaks[0].cluster = 2;
  envelope.product = std::make_shared<const PeakList>(std::move(list));
  return envelope;
}

std::filesystem::path write_scored(const std::filesystem::path& directory, unsigned seed) {
  std::vector<std::uint64_t> order(scored_frames);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::mt19937 random(seed);
  if (seed != 0) std::shuffle(order.begin(), order.end(), random);
  const auto header = sample_header(scored_frames);
  const auto against = baseline();
  NexusFileConfig config;
  config.directory = directory;
  NexusFile sink(config, sample_context(header));
  for (const std::uint64_t index : order) sink.consume(scored_envelope(*header, index, against));
  return sink.finish(complete_summary(scored_frames));
}

TEST(NexusFileAnomaly, TheScoreIsTheSumOfItsFrames) {
  const TemporaryDirectory directory;
  const auto file = hdf5::open_file(write_scored(directory.path(), 0));
  const auto value = [&](const char* name) {
    return hdf5::read_number(file, std::string("/entry/anomaly/") + name).value_or(-999);
  };
  EXPECT_EQ(value("n_patches"), 1800);
  EXPECT_EQ(value("n_low"), 36 + 540);
  EXPECT_EQ(value("rei"), 576.0 / 1800);
  EXPECT_DOUBLE_EQ(value("rei_error"), std::sqrt(0.32 * 0.68 / 1800));
  EXPECT_EQ(value("jsd"), 0);
  EXPECT_EQ(value("n_too_big"), 90);
  EXPECT_DOUBLE_EQ(value("too_big_share"), 90.0 / 1890);
  EXPECT_EQ(value("n_clusters"), 3);
  EXPECT_EQ(value("threshold"), 0.3);
  EXPECT_THAT(numbers(file, "/entry/anomaly/histogram"), ElementsAre(0.5, 0.25, 0.25));
  EXPECT_EQ(hdf5::read_text(file, "/entry/anomaly/model"), "steel@0123");
  EXPECT_EQ(hdf5::read_text(file, "/entry/anomaly/decision"), "changed");
  // Sectors of 20 frames: two as the baseline, the third and fourth are the two that it takes.
  EXPECT_EQ(hdf5::read_attribute_number(file, "/entry/anomaly/decision", "since_frame"), 79);
  EXPECT_THAT(numbers(file, "/entry/anomaly/running/n_patches"), ElementsAre(360, 360, 360, 360, 360));
  EXPECT_THAT(numbers(file, "/entry/anomaly/running/rei"), ElementsAre(0.05, 0.05, 0.5, 0.5, 0.5));
  EXPECT_EQ(numbers(file, "/entry/anomaly/running/rei_so_far").back(), 0.32);
}

TEST(NexusFileAnomaly, PeaksThatWereNotScoredSaySo) {
  const TemporaryDirectory directory;
  const auto file = hdf5::open_file(write_scored(directory.path(), 0));
  const auto confidence = numbers(file, "/entry/peaks/anomaly_confidence");
  const auto cluster = numbers(file, "/entry/peaks/cluster");
  ASSERT_EQ(confidence.size(), 180U);
  EXPECT_EQ(confidence[0], 0.75);
  EXPECT_EQ(cluster[0], 2);
  EXPECT_TRUE(std::isnan(confidence[1]));
  EXPECT_EQ(cluster[1], 65535);
}

TEST(NexusFileAnomaly, TheOrderOfFramesChangesNoByte) {
  const TemporaryDirectory directory;
  const auto expected = all_numbers(write_scored(directory.path(), 0));
  for (const unsigned seed : {1U, 2U, 3U}) {
    EXPECT_EQ(all_numbers(write_scored(directory.path(), seed)), expected) << seed;
  }
}

TEST(NexusFileAnomaly, AScanThatWasNotScoredHasNoGroup) {
  const TemporaryDirectory directory;
  NexusFileConfig config;
  config.directory = directory.path();
  const auto file = hdf5::open_file(write_sample_result(config, 3, {0, 1, 2}));
  EXPECT_FALSE(hdf5::exists(file, "/entry/anomaly"));
  EXPECT_TRUE(hdf5::exists(file, "/entry/peaks/anomaly_confidence"));
}

}  // namespace
}  // namespace braggd
