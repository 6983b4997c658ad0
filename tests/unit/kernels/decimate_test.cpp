#include "kernels/decimate.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace braggd {
namespace {

template <class T>
std::vector<float> decimated(PixelType type, Shape shape, const std::vector<T>& pixels, std::uint32_t factor,
                             const std::vector<std::uint32_t>& mask = {}) {
  const std::size_t rows = (shape.rows + factor - 1) / factor, cols = (shape.cols + factor - 1) / factor;
  std::vector<float> out(rows * cols);
  decimate_maxima(type, shape, std::as_bytes(std::span(pixels)), mask, factor, out);
  return out;
}

TEST(DecimateMaxima, KeepsTheBrightestOfEachBlockAndOfTheNarrowOnesAtTheEdges) {
  const std::vector<std::uint16_t> pixels{1, 2, 3, 4, 9,  //
                                          5, 6, 7, 8, 1,  //
                                          0, 0, 2, 0, 3};
  EXPECT_EQ(decimated(PixelType::u16, {3, 5}, pixels, 2), (std::vector<float>{6, 8, 9, 0, 2, 3}));
}

TEST(DecimateMaxima, TakesNoValueFromBadPixelsOrFromThoseWithoutData) {
  const std::vector<std::uint8_t> pixels{255, 254, 253, 7};
  const auto out = decimated(PixelType::u8, {1, 4}, pixels, 2);
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_EQ(out[1], 253);
  EXPECT_EQ(decimated(PixelType::u8, {1, 4}, pixels, 2, {0, 0, 1, 0})[1], 7);
  const std::vector<float> reals{std::numeric_limits<float>::quiet_NaN(), -2.5F};
  EXPECT_EQ(decimated(PixelType::f32, {1, 2}, reals, 2), (std::vector<float>{-2.5F}));
}

TEST(DecimateMaxima, ByOneIsTheFrameItself) {
  const std::vector<std::uint32_t> pixels{1, 2, 3, 4};
  EXPECT_EQ(decimated(PixelType::u32, {2, 2}, pixels, 1), (std::vector<float>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace braggd
