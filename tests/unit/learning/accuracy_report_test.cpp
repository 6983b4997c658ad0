#include "learning/accuracy_report.hpp"

#include <algorithm>
#include <gmock/gmock.h>

#include "learning/split_report.hpp"

namespace braggd {
namespace {

const JudgingPatches& patches() {
  static const JudgingPatches made = make_judging_patches(judging_set(11, {}), 800);
  return made;
}

const std::vector<JudgedEstimator>& estimators() {
  static const std::vector<JudgedEstimator> judged = judge_all(patches(), {});
  return judged;
}

const JudgedEstimator& estimator(const std::string& name) {
  return *std::ranges::find(estimators(), name, &JudgedEstimator::name);
}

double mean_px(const std::string& name, const std::string& group) {
  const auto rows = accuracy_by(patches(), estimator(name).places, groups_by_class(patches()));
  return std::ranges::find(rows, group, &ClassAccuracy::name)->mean_px;
}

TEST(JudgingPatches, AreThoseThatAreJudgedOnWithoutAllElse) {
  const TrainingPatches same = make_training_patches(judging_set(11, {}), 20);
  for (std::size_t i = 0; i < same.size(); ++i) {
    EXPECT_EQ(same.rows[i], patches().rows[i]);
    EXPECT_EQ(same.classes[i], patches().classes[i]);
    const auto a = same.patch(i), b = patches().patch(i);
    EXPECT_TRUE(std::ranges::equal(a, b, [](float x, float y) { return x == y || (x != x && y != y); }));
  }
}

TEST(JudgingPatches, OfOneDetectorAndOfTheOtherAreAll) {
  std::size_t n = 0;
  for (const DetectorKind detector : {DetectorKind::counting, DetectorKind::panel}) {
    const PatchGroups groups = groups_by_class(patches(), detector);
    n += patches().size() - static_cast<std::size_t>(std::ranges::count(groups.of, PatchGroups::none));
    const PatchGroups bright = groups_by_brightness(patches(), detector);
    for (std::size_t i = 0; i < patches().size(); ++i) {
      if (bright.of[i] == PatchGroups::none) continue;
      EXPECT_NE(groups.of[i], PatchGroups::none);
      EXPECT_NE(patches().classes[i], PatchClass::edge);
    }
  }
  EXPECT_EQ(n, patches().size());
}

TEST(AccuracyReport, SaysWhatIsKnownOfTheEstimators) {
  EXPECT_LT(mean_px("centroid of the share, weights x - threshold", "clean"),
            mean_px("centroid of the share, weights x", "clean"));
  EXPECT_LT(mean_px("fit of one spot", "edge"), 0.6 * mean_px("centroid of the patch, weights x", "edge"));
  EXPECT_LT(mean_px("fit with the neighbour that is there", "overlapped"),
            0.7 * mean_px("fit of one spot", "overlapped"));
  EXPECT_LT(mean_px("fit with the neighbour that a maximum shows", "overlapped"),
            mean_px("fit of one spot", "overlapped"));
  EXPECT_LT(mean_px("Cramer-Rao bound", "clean"), 1.1 * mean_px("fit of one spot", "clean"));
  EXPECT_LT(mean_px("auto, without a network", "all"), mean_px("centroid of the share, weights x", "all"));
}

TEST(AccuracyReport, StatesHowWellErrorsFit) {
  const auto shares =
      within_one_sigma(patches(), estimator("fit of one spot").places, groups_by_class(patches()));
  ASSERT_EQ(shares.size(), 6U);
  EXPECT_NEAR(shares.front(), 0.68, 0.12);
  EXPECT_TRUE(
      within_one_sigma(patches(), estimator("the same, noise not known").places, groups_by_class(patches()))
          .empty());
}

TEST(AccuracyReport, HasARowForEachEstimatorAndAsManyCellsInEach) {
  const std::string table =
      accuracy_table(patches(), estimators(), groups_by_brightness(patches(), DetectorKind::panel), true);
  const auto lines = std::ranges::count(table, '\n');
  EXPECT_GE(lines, static_cast<std::ptrdiff_t>(estimators().size()) + 2);
  std::istringstream stream(table);
  const auto bars = std::ranges::count(table.substr(0, table.find('\n')), '|');
  for (std::string line; std::getline(stream, line);) EXPECT_EQ(std::ranges::count(line, '|'), bars) << line;
}

TEST(AccuracyReport, OfSmearedSpotsHasNoBound) {
  const JudgingPatches smeared = make_judging_patches(smeared_judging_set(11, {}), 50);
  for (const JudgedEstimator& one : judge_all(smeared, {})) EXPECT_NE(one.name, "Cramer-Rao bound");
}

TEST(SplitTable, CountsEveryMaximumWithoutSignificance) {
  const std::string table = split_table(judging_set(11, {}), 500);
  EXPECT_THAT(table, testing::StartsWith("| | 0.0 | 0.5 | 1.0 |"));
  for (const char* row : {"photon counter, of spots", "photon counter, of noise", "flat panel, of spots"})
    EXPECT_THAT(table, testing::ContainsRegex(std::string(row) + " \\([0-9]+\\) \\| 1.000 \\|"));
}

}  // namespace
}  // namespace braggd
