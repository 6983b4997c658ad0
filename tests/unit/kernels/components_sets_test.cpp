// Every kernel set against the reference, bit for bit.
#include <bit>
#include <gtest/gtest.h>

#include "kernels/components_variants.hpp"
#include "unit/kernels/drawn_frames.hpp"
#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

void expect_same_bits(const ComponentList& a, const ComponentList& b) {
  ASSERT_EQ(a.components.size(), b.components.size());
  EXPECT_EQ(a.n_too_small, b.n_too_small);
  EXPECT_EQ(a.n_too_big, b.n_too_big);
  EXPECT_EQ(a.component_of, b.component_of);
  EXPECT_EQ(a.maxima, b.maxima);
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

/// Compares every supported set with the reference.
void expect_reference_bits(const SparseFrame& frame, std::uint32_t min_pixels = 1,
                           std::uint32_t max_pixels = ~std::uint32_t{0}) {
  ComponentList actual, expected;
  find_components_reference(frame, min_pixels, max_pixels, expected);
  for (const KernelSet set : supported_kernel_sets()) {
    SCOPED_TRACE(name_of(set));
    find_components_with(set, frame, min_pixels, max_pixels, actual);
    expect_same_bits(actual, expected);
  }
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

TEST(ComponentsOfEverySet, RandomFramesGiveTheBitsOfTheReference) {
  constexpr Shape shapes[] = {{1, 1}, {1, 40}, {40, 1}, {2, 2}, {2, 33}, {33, 2}, {7, 9}, {40, 50}, {64, 64}};
  Random random(31);
  for (const Shape shape : shapes) {
    for (const std::size_t percent : {3U, 20U, 40U, 60U, 90U, 100U}) {
      for (const std::size_t levels : {1U, 2U, 4U, 1000U}) {
        const auto frame = random_frame(random, shape, percent, levels);
        const auto min_pixels = static_cast<std::uint32_t>(random_below(random, 4));
        const auto max_pixels = static_cast<std::uint32_t>(random_below(random, 2) == 0 ? 4000 : 12);
        SCOPED_TRACE(testing::Message()
                     << shape.rows << " x " << shape.cols << ", " << percent << " %, " << levels
                     << " levels, " << min_pixels << " to " << max_pixels << " pixels");
        expect_reference_bits(frame, min_pixels, max_pixels);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(ComponentsOfEverySet, LongRunsGiveTheBitsOfTheReference) {
  Random random(32);
  for (const std::uint32_t length : {7U, 8U, 9U, 14U, 15U, 16U, 17U, 31U, 32U, 33U, 48U, 63U, 64U, 65U}) {
    for (const std::uint32_t cols : {length, length + 1, length + 20}) {
      SCOPED_TRACE(testing::Message() << length << " of " << cols << " columns");
      SparseFrame frame;
      frame.shape = {40, cols};
      for (std::uint32_t row = 0; row < 40; ++row) {
        // Every third row shares only corners with those beside it, or nothing.
        const auto begin = static_cast<std::uint32_t>(random_below(random, cols - length + 1));
        const std::uint32_t n = row % 3 == 0 ? 1 : length;
        for (std::uint32_t col = begin; col < begin + n; ++col) {
          frame.index.push_back(row * cols + col);
          frame.value.push_back(static_cast<float>(random_below(random, 1000)) * 0.37F - 100.0F);
        }
      }
      expect_reference_bits(frame);
    }
  }
}

TEST(ComponentsOfEverySet, NarrowFramesGiveTheBitsOfTheReference) {
  Random random(33);
  for (const std::uint32_t cols : {1U, 2U, 3U}) {
    for (const std::size_t percent : {30U, 70U, 100U}) {
      SCOPED_TRACE(testing::Message() << cols << " columns, " << percent << " %");
      expect_reference_bits(random_frame(random, {100, cols}, percent, 3));
    }
  }
}

TEST(ComponentsOfEverySet, RowsFarApartLeaveNothingBehindInOneAnother) {
  // The same columns again after 13 to 35 rows: whatever was kept of the rows before must be gone.
  Random random(34);
  for (std::uint32_t step = 13; step < 36; ++step) {
    SCOPED_TRACE(testing::Message() << step << " rows");
    SparseFrame frame;
    frame.shape = {400, 50};
    for (std::uint32_t row = 0; row < 400; ++row) {
      if (row % step > 1) continue;
      for (std::uint32_t col = 5; col < 5 + 1 + random_below(random, 40); ++col) {
        frame.index.push_back(row * 50 + col);
        frame.value.push_back(static_cast<float>(random_below(random, 4)));
      }
    }
    expect_reference_bits(frame);
  }
}

TEST(ComponentsOfEverySet, ArmsThatMeetLateAreOneComponent) {
  const auto frame = draw({"1.1.1...1",  //
                           "1.1.1...1",  //
                           "1.1.1...1",  //
                           "1.1.1...1",  //
                           "1.2222221",  //
                           "1........",  //
                           "333333333"});
  const auto list = components_of(frame);
  ASSERT_EQ(list.components.size(), 2U);
  EXPECT_EQ(list.components[0].n_pixels, 15U);
  EXPECT_EQ(list.components[1].first_pixel, 2U);
  expect_reference_bits(frame);
}

TEST(ComponentsOfEverySet, APlateauOverManyRowsIsSearchedOnce) {
  SparseFrame frame;
  frame.shape = {60, 40};
  for (std::uint32_t i = 0; i < 60U * 40U; ++i) {
    frame.index.push_back(i);
    frame.value.push_back(-2.5F);
  }
  EXPECT_EQ(components_of(frame).components.at(0).n_maxima, 1U);
  expect_reference_bits(frame);
  frame.value.back() = -2.0F;
  EXPECT_EQ(components_of(frame).components.at(0).n_maxima, 1U);
  expect_reference_bits(frame);
  frame.value[0] = -3.0F;
  expect_reference_bits(frame);
}

TEST(ComponentsOfEverySet, AFrameAfterAWiderOneIsReadAfresh) {
  Random random(35);
  for (const std::uint32_t cols : {3000U, 40U, 5000U, 1U, 60U}) {
    SCOPED_TRACE(testing::Message() << cols << " columns");
    expect_reference_bits(random_frame(random, {20, cols}, 40, 5));
  }
}

TEST(ComponentsOfEverySet, ACheckerboardIsOneComponentOfManyMaxima) {
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

}  // namespace
}  // namespace braggd
