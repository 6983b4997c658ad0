#include "learning/view_pairs.hpp"

#include <gmock/gmock.h>
#include <set>

#include "kernels/rei_patches.hpp"
#include "unit/learning/encoder_patches.hpp"

namespace braggd {
namespace {

constexpr std::size_t batch = 4;

struct Pairs {
  std::vector<float> plain = std::vector<float>(batch * rei_patch_pixels), shown = plain;
  friend bool operator==(const Pairs&, const Pairs&) = default;
};

Pairs made(ViewPairs& views, std::uint64_t step) {
  Pairs pairs;
  views.make(step, pairs.plain, pairs.shown);
  return pairs;
}

/// Patches that tell by their first pixel which they are.
std::vector<float> numbered_patches(std::size_t n) {
  std::vector<float> patches = spot_patches(n);
  for (std::size_t i = 0; i < n; ++i) patches[i * rei_patch_pixels] = static_cast<float>(i + 1);
  return patches;
}

std::vector<float> seen_in(ViewPairs& views, std::uint64_t epoch) {
  std::vector<float> numbers;
  for (std::uint64_t step = 0; step < views.steps_per_epoch(); ++step) {
    const Pairs pairs = made(views, epoch * views.steps_per_epoch() + step);
    for (std::size_t i = 0; i < batch; ++i) numbers.push_back(pairs.plain[i * rei_patch_pixels]);
  }
  return numbers;
}

TEST(ViewPairs, AnEpochShowsEachPatchOnceInAnotherOrderAndLeavesOutWhatFillsNoBatch) {
  const std::vector<float> patches = numbered_patches(22);
  ViewPairs views(patches, batch, 1);
  ASSERT_EQ(views.steps_per_epoch(), 5U);
  const std::vector<float> first = seen_in(views, 0), second = seen_in(views, 1);
  EXPECT_EQ(std::set<float>(first.begin(), first.end()).size(), 20U);
  EXPECT_EQ(std::set<float>(second.begin(), second.end()).size(), 20U);
  EXPECT_NE(first, second);
}

TEST(ViewPairs, AreThoseOfTheStepWhateverWasMadeBefore) {
  const std::vector<float> patches = numbered_patches(22);
  ViewPairs once(patches, batch, 1), again(patches, batch, 1), other(patches, batch, 2);
  made(once, 17);
  made(once, 3);
  const Pairs pairs = made(once, 7);
  EXPECT_EQ(pairs, made(again, 7));
  EXPECT_NE(pairs.plain, pairs.shown);
  EXPECT_NE(pairs.plain, made(other, 7).plain);
  EXPECT_NE(pairs.shown, made(again, 8).shown);
}

}  // namespace
}  // namespace braggd
