#include "kernels/components.hpp"

#include <bit>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

#include "kernels/components_variants.hpp"
#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

/// A frame drawn in digits: '.' is below threshold.
SparseFrame draw(const std::vector<std::string_view>& rows) {
  SparseFrame frame;
  frame.shape = {static_cast<std::uint32_t>(rows.size()), static_cast<std::uint32_t>(rows.front().size())};
  std::uint32_t index = 0;
  for (const std::string_view row : rows) {
    for (const char c : row) {
      if (c != '.') {
        frame.index.push_back(index);
        frame.value.push_back(static_cast<float>(c - '0'));
      }
      ++index;
    }
  }
  return frame;
}

ComponentList components_of(const SparseFrame& frame, std::uint32_t min_pixels = 1,
                            std::uint32_t max_pixels = ~std::uint32_t{0}) {
  ComponentList list;
  find_components(frame, min_pixels, max_pixels, list);
  return list;
}

void expect_same_bits(const ComponentList& a, const ComponentList& b) {
  ASSERT_EQ(a.components.size(), b.components.size());
  EXPECT_EQ(a.n_too_small, b.n_too_small);
  EXPECT_EQ(a.n_too_big, b.n_too_big);
  EXPECT_EQ(a.component_of, b.component_of);
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  for (std::size_t i = 0; i < a.components.size(); ++i) {
    const Component& c = a.components[i];
    const Component& d = b.components[i];
    EXPECT_EQ(c.first_pixel, d.first_pixel);
    EXPECT_EQ(c.n_pixels, d.n_pixels);
    EXPECT_EQ(c.row_begin, d.row_begin);
    EXPECT_EQ(c.row_end, d.row_end);
    EXPECT_EQ(c.col_begin, d.col_begin);
    EXPECT_EQ(c.col_end, d.col_end);
    EXPECT_EQ(bits(c.sum), bits(d.sum));
    EXPECT_EQ(bits(c.sum_row), bits(d.sum_row));
    EXPECT_EQ(bits(c.sum_col), bits(d.sum_col));
    EXPECT_EQ(bits(c.sum_row_row), bits(d.sum_row_row));
    EXPECT_EQ(bits(c.sum_col_col), bits(d.sum_col_col));
    EXPECT_EQ(bits(c.max_intensity), bits(d.max_intensity));
    EXPECT_EQ(c.max_pixel, d.max_pixel);
    EXPECT_EQ(c.n_maxima, d.n_maxima);
    EXPECT_EQ(c.flags, d.flags);
  }
}

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

SparseFrame random_frame(Random& random, Shape shape, std::size_t percent, std::size_t levels) {
  SparseFrame frame;
  frame.shape = shape;
  for (std::uint32_t i = 0; i < shape.pixels(); ++i) {
    if (random_below(random, 100) >= percent) continue;
    frame.index.push_back(i);
    frame.value.push_back(static_cast<float>(random_below(random, levels)) * 1.1F - 1.0F);
    if (random_below(random, 20) == 0) {
      frame.flagged.push_back({static_cast<std::uint32_t>(frame.index.size() - 1),
                               static_cast<std::uint8_t>(1 + random_below(random, 3))});
    }
  }
  return frame;
}

TEST(Components, RandomFramesGiveTheBitsOfTheReference) {
  constexpr Shape shapes[] = {{1, 1}, {1, 40}, {40, 1}, {2, 2}, {2, 33}, {33, 2}, {7, 9}, {40, 50}, {64, 64}};
  Random random(31);
  ComponentList actual;
  ComponentList expected;
  for (const Shape shape : shapes) {
    for (const std::size_t percent : {3U, 20U, 40U, 60U, 90U, 100U}) {
      for (const std::size_t levels : {1U, 2U, 4U, 1000U}) {
        const auto frame = random_frame(random, shape, percent, levels);
        const auto min_pixels = static_cast<std::uint32_t>(random_below(random, 4));
        const auto max_pixels = static_cast<std::uint32_t>(random_below(random, 2) == 0 ? 4000 : 12);
        SCOPED_TRACE(testing::Message()
                     << shape.rows << " x " << shape.cols << ", " << percent << " %, " << levels
                     << " levels, " << min_pixels << " to " << max_pixels << " pixels");
        find_components_reference(frame, min_pixels, max_pixels, expected);
        for (const KernelSet set : supported_kernel_sets()) {
          SCOPED_TRACE(name_of(set));
          find_components_with(set, frame, min_pixels, max_pixels, actual);
          expect_same_bits(actual, expected);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(Components, ACheckerboardIsOneComponentOfManyMaxima) {
  SparseFrame frame;
  frame.shape = {64, 64};
  for (std::uint32_t row = 0; row < 64; ++row) {
    for (std::uint32_t col = row % 2; col < 64; col += 2) {
      frame.index.push_back(row * 64 + col);
      frame.value.push_back(row % 2 == 0 ? 2.0F : 1.0F);
    }
  }
  ComponentList expected;
  find_components_reference(frame, 1, 5000, expected);
  const auto list = components_of(frame);
  expect_same_bits(list, expected);
  ASSERT_EQ(list.components.size(), 1U);
  EXPECT_EQ(list.components[0].n_pixels, 2048U);
  EXPECT_EQ(list.components[0].n_maxima, 1024U);
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
