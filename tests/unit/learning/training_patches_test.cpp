#include "learning/training_patches.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace braggd {
namespace {

TEST(TrainingPatches, AreThoseThatOneThreadMakesOneAfterTheOther) {
  constexpr std::size_t n = 2500;  // more than two blocks, the last one not whole
  const PatchSetConfig config = training_set(11, 7, SpotRanges{}, 0.3);
  const TrainingPatches made = make_training_patches(config, n);
  ASSERT_EQ(made.size(), n);
  PatchSet set(config);
  std::vector<float> patch(121);
  for (std::size_t i = 0; i < n; ++i) {
    const PatchTruth truth = set.make(i, patch);
    ASSERT_EQ(std::memcmp(patch.data(), made.patch(i).data(), patch.size() * sizeof(float)), 0) << i;
    ASSERT_EQ(made.rows[i], static_cast<float>(truth.row)) << i;
    ASSERT_EQ(made.thresholds[i], truth.threshold) << i;
    ASSERT_EQ(made.classes[i], truth.patch_class) << i;
  }
}

TEST(TrainingPatches, ThatWereStoppedAreTheFirstOnes) {
  const PatchSetConfig config = training_set(11, 7, SpotRanges{}, 0);
  int asked = 0;
  const TrainingPatches part = make_training_patches(config, 1'000'000, [&] { return ++asked > 2; });
  ASSERT_GT(part.size(), 0U);
  ASSERT_LT(part.size(), 1'000'000U);
  const TrainingPatches whole = make_training_patches(config, part.size());
  EXPECT_EQ(part.rows, whole.rows);
  EXPECT_EQ(part.pixels.size(), whole.pixels.size());
}

TEST(TrainingPatches, SayWhatIsWrongWithTheirConfigurationFromWhicheverThread) {
  PatchSetConfig config = training_set(11, 7, SpotRanges{}, 0.3);
  config.tailed_share = 1.5;
  EXPECT_THROW(make_training_patches(config, 5000), std::exception);
}

TEST(TrainingPatches, HaveTailsWhereTheyAreToldTo) {
  EXPECT_EQ(training_set(11, 1, SpotRanges{}, 0).tail_max_px, 0);
  const PatchSetConfig all = training_set(11, 1, SpotRanges{}, 1),
                       some = training_set(11, 1, SpotRanges{}, 0.3);
  EXPECT_EQ(some.tail_max_px, longest_tail_px);
  // A tail moves the centroid of expected counts away from where the spot was put, so places differ.
  EXPECT_NE(make_training_patches(all, 200).rows, make_training_patches(some, 200).rows);
}

}  // namespace
}  // namespace braggd
