#include "kernels/rei_patches.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <string_view>
#include <vector>

#include "kernels/components.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;

/// A frame on which boxes of pixels are drawn.
class Canvas {
 public:
  Canvas(std::uint32_t rows, std::uint32_t cols) : shape_{rows, cols}, pixels_(shape_.pixels()) {}

  Canvas& box(std::uint32_t row, std::uint32_t col, std::uint32_t height, std::uint32_t width, float value) {
    for (std::uint32_t r = row; r < row + height; ++r) {
      for (std::uint32_t c = col; c < col + width; ++c) pixels_[r * shape_.cols + c] = value;
    }
    return *this;
  }
  Canvas& pixel(std::uint32_t row, std::uint32_t col, float value) { return box(row, col, 1, 1, value); }

  ComponentList components() const {
    auto sparse = std::make_shared<SparseFrame>();
    sparse->shape = shape_;
    for (std::uint32_t i = 0; i < pixels_.size(); ++i) {
      if (pixels_[i] == 0) continue;
      sparse->index.push_back(i);
      sparse->value.push_back(pixels_[i]);
    }
    ComponentList list;
    list.shape = shape_;
    list.pixels = sparse;
    find_components(*sparse, 1, 1U << 30U, list);
    return list;
  }

  ReiPatches patches(ReiMode mode = ReiMode::stream, std::uint64_t frame = 7) const {
    ReiPatches out;
    cut_rei_patches(components(), frame, mode, out);
    return out;
  }

 private:
  Shape shape_;
  std::vector<float> pixels_;
};

float at(const ReiPatches& patches, std::size_t i, std::uint32_t row, std::uint32_t col) {
  return patches.patch(i)[row * rei_patch_px + col];
}

TEST(ReiPatches, OddZerosGoBelowAndToTheRight) {
  const auto patches = Canvas(40, 40).box(10, 20, 4, 3, 5).pixel(10, 20, 9).patches();
  ASSERT_EQ(patches.size(), 1U);
  EXPECT_EQ(patches.origins[0], (ReiOrigin{7, 5, 14}));  // 11 zeros, 5 above; 12 zeros, 6 to the left
  EXPECT_EQ(at(patches, 0, 5, 6), 9);
  EXPECT_EQ(at(patches, 0, 8, 8), 5);
  EXPECT_EQ(at(patches, 0, 9, 8), 0);
  EXPECT_EQ(at(patches, 0, 8, 9), 0);
  EXPECT_EQ(std::ranges::count(patches.pixels, 0.F), 225 - 12);
}

TEST(ReiPatches, BoxesFromThreeToFifteenPixelsPass) {
  const auto patches = Canvas(60, 60)
                           .box(0, 0, 3, 3, 5)      // the smallest
                           .box(20, 0, 2, 9, 5)     // too low
                           .box(30, 0, 9, 2, 5)     // too narrow
                           .box(0, 20, 15, 15, 5)   // the biggest …
                           .pixel(0, 20, 6)         // … not flat
                           .box(20, 20, 16, 15, 5)  // too high
                           .box(40, 40, 15, 16, 5)  // too wide
                           .box(58, 0, 2, 30, 5)    // too low and too wide: too small
                           .patches();
  EXPECT_THAT(patches.origins, ElementsAre(ReiOrigin{7, -6, -6}, ReiOrigin{7, 0, 20}));
  EXPECT_EQ(patches.n_too_small, 3U);
  EXPECT_EQ(patches.n_too_big, 2U);
  EXPECT_EQ(patches.too_big_pixels, 2U * 240U);
  EXPECT_EQ(patches.n_flat, 0U);
}

TEST(ReiPatches, PixelsThatTouchAtCornersAreOneComponent) {
  const auto patches = Canvas(20, 20).pixel(5, 5, 1).pixel(6, 6, 2).pixel(7, 7, 3).patches();
  ASSERT_EQ(patches.size(), 1U);
  EXPECT_EQ(patches.origins[0], (ReiOrigin{7, -1, -1}));
  EXPECT_EQ(at(patches, 0, 6, 6), 1);
  EXPECT_EQ(at(patches, 0, 7, 7), 2);
  EXPECT_EQ(at(patches, 0, 8, 8), 3);
}

TEST(ReiPatches, TwoBlobsInOneBoxDoNotSeeEachOther) {
  // A frame of 9 x 9 pixels around a blob of 3 x 3.
  const auto patches = Canvas(30, 30).box(5, 5, 9, 9, 4).box(6, 6, 7, 7, 0).box(8, 8, 3, 3, 8).patches();
  ASSERT_EQ(patches.size(), 2U);
  EXPECT_EQ(std::ranges::count(patches.patch(0), 4.F), 81 - 49);
  EXPECT_EQ(std::ranges::count(patches.patch(0), 8.F), 0);
  EXPECT_EQ(std::ranges::count(patches.patch(1), 8.F), 9);
  EXPECT_EQ(std::ranges::count(patches.patch(1), 4.F), 0);
}

TEST(ReiPatches, AFullSquareOfOneIntensityIsDropped) {
  const Canvas canvas = Canvas(40, 40).box(0, 0, 15, 15, 5).box(20, 20, 3, 3, 6);
  const auto patches = canvas.patches();
  EXPECT_THAT(patches.origins, ElementsAre(ReiOrigin{7, 14, 14}));
  EXPECT_THAT(patches.component, ElementsAre(1U));
  EXPECT_EQ(patches.n_flat, 1U);
  EXPECT_EQ(at(patches, 0, 6, 6), 6);
}

TEST(ReiPatches, FractionsMakeASquareUnevenOnlyWhereTheyAreKept) {
  const Canvas canvas = Canvas(15, 15).box(0, 0, 15, 15, 5.25F).pixel(3, 3, 5.5F);
  EXPECT_EQ(canvas.patches(ReiMode::stream).size(), 1U);
  EXPECT_EQ(canvas.patches(ReiMode::compat).n_flat, 1U);
}

TEST(ReiPatches, OriginsLeaveTheFrameAndWrapWhereThePublishedProgramDoes) {
  const Canvas canvas = Canvas(20, 20).box(0, 2, 3, 3, 5);
  EXPECT_EQ(canvas.patches(ReiMode::stream, 70000).origins[0], (ReiOrigin{70000, -6, -4}));
  EXPECT_EQ(canvas.patches(ReiMode::compat, 70000).origins[0], (ReiOrigin{4464, 65530, 65532}));
}

TEST(ReiPatches, CompatRoundsIntensitiesToFloat16) {
  EXPECT_EQ(rei_compat_intensity(2048), 2048);
  EXPECT_EQ(rei_compat_intensity(2049), 2048);  // halfway: to even
  EXPECT_EQ(rei_compat_intensity(2051), 2052);
  EXPECT_EQ(rei_compat_intensity(2050.9F), 2050);
  EXPECT_EQ(rei_compat_intensity(4095), 4096);  // halfway, and the carry gains a bit
  EXPECT_EQ(rei_compat_intensity(4097), 4096);
  EXPECT_EQ(rei_compat_intensity(4098), 4096);
  EXPECT_EQ(rei_compat_intensity(4099), 4100);
  EXPECT_EQ(rei_compat_intensity(65519), 65504);
  EXPECT_EQ(rei_compat_intensity(65520), 0);  // infinity
  EXPECT_EQ(rei_compat_intensity(70000), 4464);
  EXPECT_EQ(rei_compat_intensity(100.99F), 100);
}

TEST(ReiPatches, StreamKeepsIntensitiesAsTheyAre) {
  const Canvas canvas = Canvas(20, 20).box(5, 5, 3, 3, 2049.5F);
  EXPECT_EQ(at(canvas.patches(ReiMode::stream), 0, 6, 6), 2049.5F);
  EXPECT_EQ(at(canvas.patches(ReiMode::compat), 0, 6, 6), 2048);
}

TEST(ReiPatches, AFrameWithoutComponentsGivesNone) {
  const auto patches = Canvas(20, 20).patches();
  EXPECT_EQ(patches.size(), 0U);
  EXPECT_TRUE(patches.pixels.empty());
}

TEST(ReiPatches, EqualTheDefinitionOnRandomFrames) {
  std::mt19937 generator(5);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int round = 0; round < 60; ++round) {
    Canvas canvas(70, 90);
    const std::uint32_t blobs = random() % 12;
    for (std::uint32_t i = 0; i < blobs; ++i) {
      const std::uint32_t height = 1 + random() % 17, width = 1 + random() % 17;
      const std::uint32_t row = random() % (70 - height), col = random() % (90 - width);
      canvas.box(row, col, height, width, static_cast<float>(1 + random() % 5000));
    }
    const ComponentList list = canvas.components();
    for (const ReiMode mode : {ReiMode::stream, ReiMode::compat}) {
      ReiPatches fast, defined;
      cut_rei_patches(list, 3, mode, fast);
      cut_rei_patches_reference(list, 3, mode, defined);
      EXPECT_EQ(fast.pixels, defined.pixels);
      EXPECT_EQ(fast.origins, defined.origins);
      EXPECT_EQ(fast.component, defined.component);
      EXPECT_EQ(fast.n_too_small, defined.n_too_small);
      EXPECT_EQ(fast.n_too_big, defined.n_too_big);
      EXPECT_EQ(fast.too_big_pixels, defined.too_big_pixels);
      EXPECT_EQ(fast.n_flat, defined.n_flat);
    }
  }
}

}  // namespace
}  // namespace braggd
