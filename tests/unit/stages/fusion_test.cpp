// The fused plan against the logical stages, and what the stages say of bad input.
#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#include "kernels/chunk.hpp"
#include "stages/decode.hpp"
#include "stages/find_components.hpp"
#include "stages/locate_peaks.hpp"
#include "stages/sparsify_pixels.hpp"
#include "stages/threshold.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;

template <class T>
Frame make_frame(Shape shape, PixelType type, const std::vector<T>& pixels, Encoding encoding) {
  Frame frame;
  frame.shape = shape;
  frame.pixel_type = type;
  frame.encoding = encoding;
  std::vector<std::byte> raw(pixels.size() * sizeof(T));
  std::memcpy(raw.data(), pixels.data(), raw.size());
  std::vector<std::byte> chunk;
  encode_chunk(encoding, sizeof(T), raw, chunk);
  frame.bytes = Bytes::own(std::move(chunk));
  return frame;
}

template <class T>
T draw(std::mt19937& random) {
  const auto kind = random() % 40;
  if constexpr (std::is_floating_point_v<T>) {
    if (kind == 0) return std::numeric_limits<T>::quiet_NaN();
    if (kind == 1) return std::numeric_limits<T>::infinity();
    return static_cast<T>(random() % 2000) * T(0.37);
  } else {
    if (kind == 0) return std::numeric_limits<T>::max();
    if (kind == 1) return static_cast<T>(std::numeric_limits<T>::max() - 1);
    if (kind == 2) return static_cast<T>(std::numeric_limits<T>::max() - 2);
    return static_cast<T>(random() % 250);
  }
}

// Masks and a dark frame as the fused rule and as dense corrections.
template <class T>
void compare_fused_with_plain(PixelType type, Encoding encoding, bool with_dark) {
  std::mt19937 random(7);
  const auto header = std::make_shared<ScanHeader>();
  header->shape = {37, 53};
  header->pixel_type = type;
  header->saturation_value = 240;
  const std::size_t n = header->shape.pixels();
  ResourceCache cache;
  const StageContext context{header, cache};
  PixelRule rule;
  rule.at_least = 100;
  rule.max_pixels = n;
  auto mask = std::make_shared<std::vector<std::uint8_t>>(n);
  auto dark = std::make_shared<std::vector<float>>(n);
  for (std::size_t i = 0; i < n; ++i) {
    (*mask)[i] = random() % 30 == 0 ? 1 : 0;
    (*dark)[i] = random() % 50 == 0 ? std::nanf("") : static_cast<float>(random() % 1000) * 0.1F;
  }
  rule.masks = {mask};
  if (with_dark) rule.dark = dark;
  const SparsifyPixels fused(rule, header);
  const Decode decode({}, context);
  const Threshold threshold({.at_least = 100, .max_pixels = n}, context);
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::vector<T> pixels(n);
    for (T& pixel : pixels) pixel = draw<T>(random);
    const Frame frame = make_frame(header->shape, type, pixels, encoding);
    const auto sparse = fused.process(frame);
    ASSERT_TRUE(sparse) << sparse.error().detail;
    auto dense = decode.process(frame);
    ASSERT_TRUE(dense);
    for (std::size_t i = 0; i < n; ++i) {
      float& pixel = dense.value().pixels[i];
      if (with_dark) pixel -= (*dark)[i];
      if ((*mask)[i] != 0) pixel = std::nanf("");
    }
    const auto plain = threshold.process(dense.value());
    ASSERT_TRUE(plain);
    EXPECT_EQ(sparse.value().index, plain.value().index);
    EXPECT_EQ(sparse.value().value, plain.value().value);
    EXPECT_EQ(sparse.value().flagged, plain.value().flagged);
    EXPECT_EQ(sparse.value().status, plain.value().status);
  }
}

TEST(FusedPlan, GivesTheBitsOfTheLogicalStagesForEveryPixelTypeAndEncoding) {
  for (const bool with_dark : {false, true}) {
    for (const Encoding encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
      compare_fused_with_plain<std::uint8_t>(PixelType::u8, encoding, with_dark);
      compare_fused_with_plain<std::uint16_t>(PixelType::u16, encoding, with_dark);
      compare_fused_with_plain<std::uint32_t>(PixelType::u32, encoding, with_dark);
      compare_fused_with_plain<float>(PixelType::f32, encoding, with_dark);
    }
  }
}

TEST(Decode, AFrameOfAnotherShapeOrTypeOrWithDamagedBytesIsGivenUpWithItsReason) {
  const auto header = std::make_shared<ScanHeader>();
  header->shape = {4, 4};
  ResourceCache cache;
  const Decode decode({}, {header, cache});
  Frame frame =
      make_frame<std::uint16_t>({4, 4}, PixelType::u16, std::vector<std::uint16_t>(16), Encoding::bslz4);
  EXPECT_TRUE(decode.process(frame));
  frame.shape = {4, 5};
  EXPECT_EQ(decode.process(frame).error().reason, DropReason::wrong_shape);
  frame.shape = {4, 4};
  frame.pixel_type = PixelType::u8;
  EXPECT_THAT(decode.process(frame).error().detail, HasSubstr("4 x 4 u8, the scan's header says 4 x 4 u16"));
  frame.pixel_type = PixelType::u16;
  frame.bytes = frame.bytes.slice(frame.bytes.view().first(frame.bytes.size() - 1));
  EXPECT_EQ(decode.process(frame).error().reason, DropReason::decode_error);
}

TEST(LocatePeaks, AComponentWithoutAPositiveSumStandsAtItsBrightestPixelAndSaysSo) {
  auto frame = std::make_shared<SparseFrame>();
  frame->shape = {5, 5};
  frame->index = {6, 7};
  frame->value = {-3, -1};
  ResourceCache cache;
  const StageContext context{std::make_shared<ScanHeader>(), cache};
  auto components = FindComponents({}, context).process(frame);
  ASSERT_TRUE(components);
  const auto shared = std::make_shared<const ComponentList>(std::move(components.value()));
  const auto peaks = LocatePeaks({}, context).process(shared);
  ASSERT_EQ(peaks.value().peaks.size(), 1u);
  EXPECT_EQ(peaks.value().peaks[0].row, 1.0);
  EXPECT_EQ(peaks.value().peaks[0].col, 2.0);
  EXPECT_TRUE((peaks.value().peaks[0].flags & not_located) != 0);
}

}  // namespace
}  // namespace braggd
