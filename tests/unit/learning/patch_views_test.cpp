#include "learning/patch_views.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <numbers>
#include <vector>

namespace braggd {
namespace {

std::vector<float> numbered_patch() {
  std::vector<float> patch(rei_patch_pixels);
  for (std::size_t i = 0; i < patch.size(); ++i) patch[i] = static_cast<float>(i + 1);
  return patch;
}

std::vector<float> shown(const PatchView& view, const std::vector<float>& patch = numbered_patch()) {
  std::vector<float> out(rei_patch_pixels, -1.0F);
  show_patch(view, patch, out);
  return out;
}

float at(const std::vector<float>& patch, std::size_t row, std::size_t col) {
  return patch[row * rei_patch_px + col];
}

TEST(PatchViews, AViewThatDoesNothingShowsThePatch) {
  EXPECT_EQ(shown({}), numbered_patch());
}

TEST(PatchViews, MirrorsColumnsAndRows) {
  const std::vector<float> patch = numbered_patch();
  EXPECT_EQ(at(shown({true, false, {}, 0}), 3, 1), at(patch, 3, 13));
  EXPECT_EQ(at(shown({false, true, {}, 0}), 3, 1), at(patch, 11, 1));
  EXPECT_EQ(at(shown({true, true, {}, 0}), 3, 1), at(patch, 11, 13));
}

TEST(PatchViews, AQuarterTurnIsCounterClockwiseAndExact) {
  const std::vector<float> patch = numbered_patch(), turned = shown({false, false, {}, std::numbers::pi / 2});
  for (std::size_t row = 0; row < 15; ++row) {
    for (std::size_t col = 0; col < 15; ++col) EXPECT_EQ(at(turned, 14 - col, row), at(patch, row, col));
  }
}

TEST(PatchViews, ATurnBringsZerosFromOutsideIntoTheCornersAndKeepsTheMiddle) {
  const std::vector<float> patch = numbered_patch(), turned = shown({false, false, {}, std::numbers::pi / 4});
  for (const std::size_t row : {0U, 14U}) {
    for (const std::size_t col : {0U, 14U}) EXPECT_EQ(at(turned, row, col), 0) << row << " " << col;
  }
  EXPECT_EQ(at(turned, 7, 7), at(patch, 7, 7));
  EXPECT_EQ(at(turned, 0, 7), at(patch, 2, 12));  // 7 px above the middle is 4.95 px above and right of it
}

TEST(PatchViews, ErasesABoxAfterMirroringAndBeforeTurning) {
  const ErasedBox box{1, 2, 3, 4};
  const std::vector<float> mirrored = shown({true, false, {}, 0}), erased = shown({true, false, box, 0});
  for (std::size_t row = 0; row < 15; ++row) {
    for (std::size_t col = 0; col < 15; ++col) {
      const bool inside = row >= 1 && row < 4 && col >= 2 && col < 6;
      EXPECT_EQ(at(erased, row, col), inside ? 0 : at(mirrored, row, col)) << row << " " << col;
    }
  }
  EXPECT_EQ(shown({true, false, box, std::numbers::pi}), shown({false, true, {11, 9, 3, 4}, 0}));
}

TEST(PatchViews, AreDrawnAsOftenAndAsLargeAsTheRuleSays) {
  Random random(5, RandomStream::view);
  constexpr int n = 20'000;
  int mirrored_cols = 0, mirrored_rows = 0, erased = 0;
  double turn_sum = 0, turn_squares = 0, area_sum = 0;
  for (int i = 0; i < n; ++i) {
    const PatchView view = draw_view(random);
    mirrored_cols += view.mirror_cols ? 1 : 0;
    mirrored_rows += view.mirror_rows ? 1 : 0;
    turn_sum += view.turn_rad;
    turn_squares += view.turn_rad * view.turn_rad;
    const ErasedBox& box = view.erased;
    if (box.n_rows == 0) continue;
    ++erased;
    area_sum += box.n_rows * box.n_cols;
    ASSERT_LE(box.row + box.n_rows, 15U);
    ASSERT_LE(box.col + box.n_cols, 15U);
    ASSERT_GE(std::min(box.n_rows, box.n_cols), 3U);
    ASSERT_LE(std::max(box.n_rows, box.n_cols), 11U);
  }
  EXPECT_NEAR(mirrored_cols, n / 2, 300);
  EXPECT_NEAR(mirrored_rows, n / 2, 300);
  EXPECT_NEAR(erased, n / 5, 240);
  EXPECT_NEAR(turn_sum / n, 0, 0.06);
  EXPECT_NEAR(turn_squares / n, std::numbers::pi * std::numbers::pi / 3, 0.1);
  EXPECT_NEAR(area_sum / erased, 37.5, 1);
}

TEST(PatchViews, AreTheSameForTheSameSeed) {
  Random once(3, RandomStream::view, 7), again(3, RandomStream::view, 7), other(3, RandomStream::view, 8);
  const std::vector<float> first = shown(draw_view(once));
  EXPECT_EQ(first, shown(draw_view(again)));
  EXPECT_NE(first, shown(draw_view(other)));
}

TEST(PatchViews, ScalingGoesFromZeroToOneAndMakesAFlatPatchZero) {
  std::vector<float> scaled(rei_patch_pixels, -1.0F);
  scale_to_unit(numbered_patch(), scaled);
  EXPECT_EQ(scaled.front(), 0);
  EXPECT_EQ(scaled.back(), 1);
  EXPECT_FLOAT_EQ(scaled[56], 0.25F);
  scale_to_unit(std::vector<float>(rei_patch_pixels, 7.0F), scaled);
  EXPECT_THAT(scaled, testing::Each(0.0F));
}

}  // namespace
}  // namespace braggd
