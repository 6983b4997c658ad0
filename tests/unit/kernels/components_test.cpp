#include "kernels/components.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

#include "unit/kernels/drawn_frames.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

TEST(Components, CornersConnect) {
  const auto list = components_of(draw({"......",  //
                                        ".1..1.",  //
                                        "..1...",  //
                                        "......"}));
  ASSERT_EQ(list.components.size(), 2U);
  EXPECT_EQ(list.components[0].n_pixels, 2U);
  EXPECT_EQ(list.components[1].n_pixels, 1U);
  EXPECT_THAT(list.component_of, ElementsAre(0, 1, 0));
}

TEST(Components, PixelsAtBothEndsOfNeighbouringRowsDoNotConnect) {
  const auto list = components_of(draw({"...1",  //
                                        "1...",  //
                                        "...1"}));
  EXPECT_EQ(list.components.size(), 3U);
}

TEST(Components, ARowThatIsFullConnectsNothingAcrossTheEdge) {
  const auto list = components_of(draw({"..11",  //
                                        "....",  //
                                        "1111",  //
                                        "....",  //
                                        "11.."}));
  EXPECT_EQ(list.components.size(), 3U);
}

TEST(Components, MomentsAreRelativeToTheBox) {
  const auto list = components_of(draw({".....",  //
                                        "..1..",  //
                                        ".23..",  //
                                        "....."}));
  ASSERT_EQ(list.components.size(), 1U);
  const Component& c = list.components[0];
  EXPECT_EQ(c.first_pixel, 7U);
  EXPECT_EQ(c.row_begin, 1);
  EXPECT_EQ(c.row_end, 3);
  EXPECT_EQ(c.col_begin, 1);
  EXPECT_EQ(c.col_end, 3);
  EXPECT_EQ(c.sum, 6);
  EXPECT_EQ(c.sum_row, 5);
  EXPECT_EQ(c.sum_col, 4);
  EXPECT_EQ(c.sum_row_row, 5);
  EXPECT_EQ(c.sum_col_col, 4);
  EXPECT_EQ(c.max_intensity, 3);
  EXPECT_EQ(c.max_pixel, 12U);
  EXPECT_EQ(c.n_maxima, 1U);
  EXPECT_EQ(c.flags, 0U);
}

TEST(Components, TheOrderIsByBoxNotByFirstPixel) {
  // The right one has the first pixel, the left one's box begins further left in the same row.
  const auto list = components_of(draw({"..1.1",  //
                                        "....1",  //
                                        "11..1"}));
  const auto other = components_of(draw({".1.1",  //
                                         "...1",  //
                                         "1111"}));
  EXPECT_EQ(list.components.size(), 3U);
  EXPECT_EQ(other.components.size(), 2U);
  const auto hooked = components_of(draw({"..1..1",  //
                                          ".....1",  //
                                          "111111"}));
  ASSERT_EQ(hooked.components.size(), 2U);
  EXPECT_EQ(hooked.components[0].col_begin, 0);
  EXPECT_EQ(hooked.components[0].first_pixel, 5U);
  EXPECT_EQ(hooked.components[1].first_pixel, 2U);
  EXPECT_THAT(hooked.component_of, ElementsAre(1, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Components, WrongSizesAreCountedAndLeftOut) {
  const auto list = components_of(draw({"1..22..333",  //
                                        ".......333"}),
                                  2, 5);
  ASSERT_EQ(list.components.size(), 1U);
  EXPECT_EQ(list.n_too_small, 1U);
  EXPECT_EQ(list.n_too_big, 1U);
  EXPECT_THAT(list.component_of, ElementsAre(no_component, 0, 0, no_component, no_component, no_component,
                                             no_component, no_component, no_component));
}

TEST(Components, APlateauIsOneMaximumAndASaddleIsNone) {
  const auto maxima = [](const std::vector<std::string_view>& rows) {
    const auto list = components_of(draw(rows));
    return list.components.size() == 1 ? list.components[0].n_maxima : 0U;
  };
  EXPECT_EQ(maxima({"555", "555"}), 1U);
  EXPECT_EQ(maxima({"15251"}), 2U);
  EXPECT_EQ(maxima({"15551"}), 1U);
  EXPECT_EQ(maxima({"155561"}), 1U);      // the plateau of fives has a higher neighbour
  EXPECT_EQ(maxima({"5.5", ".5."}), 1U);  // one plateau over corners
  EXPECT_EQ(maxima({"5.5", ".4."}), 2U);
  EXPECT_EQ(maxima({"9191919"}), 4U);
  EXPECT_EQ(maxima({"91", "11", "19"}), 2U);
  EXPECT_EQ(maxima({"3333", "3113", "3123", "3333"}), 1U);  // a ring, and what it surrounds is lower
}

TEST(Components, FlagsComeFromThePixels) {
  auto frame = draw({".....1",  //
                     ".99...",  //
                     ".....9",  //
                     "......"});
  frame.flagged = {{1, pixel_beside_mask}, {3, pixel_saturated}};
  const auto list = components_of(frame);
  ASSERT_EQ(list.components.size(), 3U);
  EXPECT_EQ(list.components[0].flags, touches_edge);
  EXPECT_EQ(list.components[1].flags, touches_mask);
  EXPECT_EQ(list.components[2].flags, touches_edge | saturated);
  EXPECT_EQ(components_of(draw({"...", "919", "..."})).components[0].flags, touches_edge | several_maxima);
}

TEST(Components, AnEmptyFrameHasNone) {
  SparseFrame frame;
  frame.shape = {100, 100};
  const auto list = components_of(frame);
  EXPECT_TRUE(list.components.empty());
  EXPECT_TRUE(list.component_of.empty());
  EXPECT_EQ(list.n_too_small + list.n_too_big, 0U);
}

TEST(Components, AListThatIsUsedAgainForgetsItsPast) {
  ComponentList list = components_of(draw({"1.2.3"}), 2);
  EXPECT_EQ(list.n_too_small, 3U);
  find_components(draw({"11...", "....."}), 1, 10, list);
  EXPECT_EQ(list.n_too_small, 0U);
  EXPECT_EQ(list.components.size(), 1U);
  EXPECT_THAT(list.component_of, ElementsAre(0, 0));
}

TEST(Components, ALargeFrameFarFromTheOriginKeepsItsBox) {
  SparseFrame frame;
  frame.shape = {65535, 65535};
  const std::uint32_t last = 65535U * 65534U + 65534U;
  frame.index = {last - 65535, last - 1, last};
  frame.value = {1, 2, 3};
  const auto list = components_of(frame);
  ASSERT_EQ(list.components.size(), 1U);
  EXPECT_EQ(list.components[0].row_begin, 65533);
  EXPECT_EQ(list.components[0].row_end, 65535);
  EXPECT_EQ(list.components[0].col_begin, 65533);
  EXPECT_EQ(list.components[0].col_end, 65535);
  EXPECT_EQ(list.components[0].sum_row, 5);
  EXPECT_EQ(list.components[0].flags, touches_edge);
}

}  // namespace
}  // namespace braggd
