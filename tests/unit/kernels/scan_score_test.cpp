#include "kernels/scan_score.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

namespace braggd {
namespace {

std::shared_ptr<const AnomalyBaseline> baseline(double mean = 0.05, double sd = 0.005) {
  return std::make_shared<AnomalyBaseline>(
      AnomalyBaseline{.model_id = "test", .histogram = {0.5, 0.5}, .rei_mean = mean, .rei_sd = sd});
}

/// `n` patches of which `n_low` are low, half of them in each cluster.
FrameAnomaly frame_of(std::uint32_t n, std::uint32_t n_low) {
  FrameAnomaly frame;
  for (std::uint32_t i = 0; i < n; ++i) frame.clusters.push_back(static_cast<std::uint16_t>(i % 2));
  frame.n_low = n_low;
  return frame;
}

/// 100 patches a frame, 0.25 degrees a frame.
void add_frames(ScanTally& tally, std::uint64_t begin, std::uint64_t end, std::uint32_t n_low) {
  for (std::uint64_t i = begin; i < end; ++i) {
    tally.add(i, 100.125 + 0.25 * static_cast<double>(i), frame_of(100, n_low));
  }
}

TEST(ScanScore, SectorsAreCutByTheRotation) {
  ScanTally tally(baseline(), 100.125);
  add_frames(tally, 0, 100, 5);
  const ScanScore score = tally.score();
  ASSERT_EQ(score.sectors.size(), 3U);
  EXPECT_EQ(score.sectors[0].counts.n_patches, 4000U);
  EXPECT_EQ(score.sectors[0].last_frame, 39U);
  EXPECT_EQ(score.sectors[2].counts.n_patches, 2000U);
  EXPECT_DOUBLE_EQ(score.sectors[0].omega_deg, 105);
  EXPECT_DOUBLE_EQ(score.sectors[1].running_rei, 0.05);
  EXPECT_DOUBLE_EQ(score.sectors[1].running_rei_error, std::sqrt(0.05 * 0.95 / 8000));
  EXPECT_EQ(score.counts.n_patches, 10000U);
}

TEST(ScanScore, WithoutAnOmegaASectorIsFortyFrames) {
  ScanTally tally(baseline(), std::nan(""));
  for (std::uint64_t i = 0; i < 81; ++i) tally.add(i, std::nan(""), frame_of(10, 0));
  EXPECT_EQ(tally.score().sectors.size(), 3U);
}

TEST(ScanScore, ARotationThatRunsBackwardsHasTheSameSectors) {
  ScanTally tally(baseline(), 0);
  for (std::uint64_t i = 0; i < 80; ++i) tally.add(i, -0.25 * static_cast<double>(i), frame_of(10, 0));
  EXPECT_EQ(tally.score().sectors.size(), 2U);
}

TEST(ScanScore, ABaselineRepeatIsNormal) {
  ScanTally tally(baseline(), 100.125);
  add_frames(tally, 0, 400, 5);
  const ScanScore score = tally.score();
  EXPECT_EQ(score.decision, AnomalyDecision::normal);
  EXPECT_EQ(score.changed_frame, no_frame);
  EXPECT_EQ(score.jsd, 0);
}

TEST(ScanScore, AChangeIsDatedByTheFrameThatMadeItSignificant) {
  ScanTally tally(baseline(), 100.125);
  add_frames(tally, 0, 80, 5);     // two sectors as the baseline
  add_frames(tally, 80, 400, 30);  // then six times as many low ones
  const ScanScore score = tally.score();
  EXPECT_EQ(score.decision, AnomalyDecision::changed);
  // (0.05 * 80 + 0.3 * 40) / 120 = 0.133 is 17 sigma above at the third sector; so is the fourth.
  EXPECT_EQ(score.changed_frame, 159U);
}

TEST(ScanScore, OneSectorAboveIsNotEnough) {
  ScanTally tally(baseline(), 100.125);
  add_frames(tally, 0, 40, 9);
  EXPECT_NE(tally.score().decision, AnomalyDecision::changed);
  add_frames(tally, 40, 80, 9);
  EXPECT_EQ(tally.score().decision, AnomalyDecision::changed);
  EXPECT_EQ(tally.score().changed_frame, 79U);
}

TEST(ScanScore, AScoreThatFallsBackIsNoChange) {
  ScanTally tally(baseline(), 100.125);
  add_frames(tally, 0, 80, 9);
  ASSERT_EQ(tally.score().decision, AnomalyDecision::changed);
  add_frames(tally, 80, 160, 1);
  EXPECT_EQ(tally.score().decision, AnomalyDecision::normal);
  EXPECT_EQ(tally.score().changed_frame, no_frame);
}

TEST(ScanScore, BetweenTheLimitsNothingIsDecided) {
  ScanTally tally(baseline(0.05, 0.01), 100.125);
  add_frames(tally, 0, 400, 8);  // 3 sigma
  EXPECT_EQ(tally.score().decision, AnomalyDecision::undecided);
}

TEST(ScanScore, FewPatchesOrNoNullDistributionDecideNothing) {
  ScanTally few(baseline(), 0);
  few.add(0, 0, frame_of(100, 90));
  EXPECT_EQ(few.score().decision, AnomalyDecision::undecided);
  ScanTally unknown(baseline(std::nan(""), std::nan("")), 100.125);
  add_frames(unknown, 0, 400, 5);
  EXPECT_EQ(unknown.score().decision, AnomalyDecision::undecided);
  EXPECT_DOUBLE_EQ(unknown.score().counts.rei(), 0.05);
}

TEST(ScanScore, AScanWithoutPatchesIsUndecided) {
  ScanTally tally(baseline(), 0);
  EXPECT_EQ(tally.score().decision, AnomalyDecision::undecided);
  EXPECT_TRUE(tally.score().sectors.empty());
  tally.add(0, 0, frame_of(0, 0));
  EXPECT_EQ(tally.score().decision, AnomalyDecision::undecided);
  EXPECT_TRUE(std::isnan(tally.score().counts.rei()));
  EXPECT_TRUE(std::isnan(tally.score().jsd));
}

TEST(ScanScore, ASpotThatIsSeenTwiceWeighsOnce) {
  // Twice as many patches of the same spots are no better evidence where the overdispersion says so.
  AnomalyBaseline doubled = *baseline(0.05, 0);
  doubled.overdispersion = 4;
  ScanTally plain(baseline(0.05, 0), 100.125), cautious(std::make_shared<AnomalyBaseline>(doubled), 100.125);
  add_frames(plain, 0, 40, 7);
  add_frames(cautious, 0, 40, 7);
  EXPECT_NEAR(plain.score().sectors[0].sigmas_above_baseline,
              2 * cautious.score().sectors[0].sigmas_above_baseline, 1e-9);
}

/// 100 patches a frame, 30 of them in the first of two clusters where the baseline has half.
void add_shifted(ScanTally& tally, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t i = begin; i < end; ++i) {
    FrameAnomaly frame = frame_of(100, 5);
    for (std::size_t k = 0; k < 20; ++k) frame.clusters[2 * k] = 1;
    tally.add(i, 100.125 + 0.25 * static_cast<double>(i), frame);
  }
}

TEST(ScanScore, PatchesThatMoveBetweenClustersAreAChangeWhereTheNullSaysSo) {
  AnomalyBaseline known = *baseline();
  known.n_patches = 40'000;
  known.jsd_overdispersion = 2;
  ScanTally tally(std::make_shared<AnomalyBaseline>(known), 100.125), not_known(baseline(), 100.125);
  add_frames(tally, 0, 80, 5);
  EXPECT_EQ(tally.score().decision, AnomalyDecision::normal);
  add_shifted(tally, 80, 400);
  add_shifted(not_known, 0, 400);
  EXPECT_EQ(tally.score().decision, AnomalyDecision::changed);
  EXPECT_EQ(tally.score().changed_frame, 159U);
  EXPECT_LT(tally.score().sectors.back().sigmas_above_baseline, 1)
      << "the share of low confidence is the baseline's";
  EXPECT_EQ(not_known.score().decision, AnomalyDecision::normal);
  EXPECT_TRUE(std::isnan(not_known.score().sectors.back().jsd_sigmas_above_baseline));
}

TEST(ScanScore, TheDistanceOfClustersIsHeldAgainstWhatCountsScatter) {
  AnomalyBaseline known = *baseline();
  known.n_patches = 1'000'000'000;
  ReiCounts counts(2);
  counts.n_patches = 10'000;
  counts.histogram = {5050, 4950};  // chi-square 1 with 1 degree of freedom
  const double jsd = jensen_shannon_distance(counts.shares(), known.histogram);
  EXPECT_NEAR(jsd_over_expected(known, counts.n_patches, jsd), 1, 1e-3);
  known.n_patches = 10'000;  // the baseline's own counts scatter as much
  EXPECT_NEAR(jsd_over_expected(known, counts.n_patches, jsd), 0.5, 1e-3);
  EXPECT_TRUE(std::isnan(jsd_over_expected(known, 0, jsd)));
}

TEST(ScanScore, AClusterThatTheBaselineLacksIsRefused) {
  ScanTally tally(baseline(), 0);
  FrameAnomaly frame = frame_of(3, 0);
  frame.clusters[1] = 2;
  EXPECT_THROW(tally.add(0, 0, frame), std::invalid_argument);
}

}  // namespace
}  // namespace braggd
