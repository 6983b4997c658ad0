#include "service/preview_picture.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <braggd/error.hpp>

namespace braggd {
namespace {

constexpr Shape shape{4, 6};

PreviewSample sample_of(const std::shared_ptr<const ScanHeader>& header, std::uint64_t index,
                        const std::vector<std::uint16_t>& pixels) {
  const auto bytes = std::as_bytes(std::span(pixels));
  PreviewSample sample;
  sample.header = header;
  sample.frame.meta.index = index;
  sample.frame.shape = shape;
  sample.frame.pixel_type = PixelType::u16;
  sample.frame.encoding = Encoding::raw;
  sample.frame.bytes = Bytes::own({bytes.begin(), bytes.end()});
  return sample;
}

/// Rows x columns x 3.
std::vector<std::uint8_t> pixels_of(const std::vector<std::byte>& png, std::uint32_t& cols) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()), 0);
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0);
  cols = image.width;
  return pixels;
}

std::shared_ptr<const ScanHeader> header_of_a_scan() {
  auto header = std::make_shared<ScanHeader>();
  header->shape = shape;
  return header;
}

TEST(PreviewPicture, ShowsTheBrightestOfSeveralPixelsAndWhatHasNoValue) {
  std::vector<std::uint16_t> pixels(shape.pixels(), 0);
  pixels[0] = 65535;  // no data, and with it all of the first block
  pixels[1] = pixels[6] = pixels[7] = 65535;
  pixels[3] = 1000;
  PreviewPictures pictures;
  std::uint32_t cols = 0;
  const auto shown =
      pixels_of(*pictures.picture_of(sample_of(header_of_a_scan(), 0, pixels), 3, false), cols);
  ASSERT_EQ(cols, 3U);
  ASSERT_EQ(shown.size(), 2U * 3 * 3);
  EXPECT_EQ(std::vector(shown.begin(), shown.begin() + 3), (std::vector<std::uint8_t>{96, 96, 112}));
  EXPECT_EQ(std::vector(shown.begin() + 3, shown.begin() + 6), (std::vector<std::uint8_t>{255, 255, 255}));
  EXPECT_EQ(std::vector(shown.begin() + 6, shown.begin() + 9), (std::vector<std::uint8_t>{0, 0, 0}));
}

TEST(PreviewPicture, IsMadeOnceForAllWhoLookAtTheSameFrameInTheSameSize) {
  const auto header = header_of_a_scan();
  const std::vector<std::uint16_t> pixels(shape.pixels(), 3);
  PreviewPictures pictures;
  const auto first = pictures.picture_of(sample_of(header, 5, pixels), 4, false);
  EXPECT_EQ(pictures.picture_of(sample_of(header, 5, pixels), 4, false), first);
  EXPECT_NE(pictures.picture_of(sample_of(header, 5, pixels), 2, false), first);
  EXPECT_NE(pictures.picture_of(sample_of(header, 6, pixels), 4, false), first);
  EXPECT_NE(pictures.picture_of(sample_of(header_of_a_scan(), 6, pixels), 4, false), first);
}

TEST(PreviewPicture, OfAFrameThatCannotBeDecodedIsRefusedAndTheNextOneIsShown) {
  const auto header = header_of_a_scan();
  PreviewPictures pictures;
  EXPECT_THROW(pictures.picture_of(sample_of(header, 0, {1, 2, 3}), 4, false), InputError);
  EXPECT_THROW(pictures.picture_of(sample_of(header, 0, {1, 2, 3}), 4, false), InputError);
  EXPECT_TRUE(
      pictures.picture_of(sample_of(header, 1, std::vector<std::uint16_t>(shape.pixels(), 3)), 4, true));
}

}  // namespace
}  // namespace braggd
