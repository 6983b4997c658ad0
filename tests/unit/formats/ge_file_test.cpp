#include "formats/ge_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "shared_data.hpp"

namespace braggd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::uint64_t header_bytes = 8192;
constexpr std::uint64_t frame_bytes = 8388608;

class GeFile : public testing::Test {
 protected:
  GeFile() {
    std::string name = (fs::temp_directory_path() / "braggd_ge_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
  }
  ~GeFile() override { fs::remove_all(directory_); }

  /// A file of zeros (sparse on disk).
  fs::path file_of(const char* name, std::uint64_t bytes) const {
    const fs::path path = directory_ / name;
    std::ofstream(path).close();
    fs::resize_file(path, bytes);
    return path;
  }

  static std::string refusal_of(const fs::path& path) {
    try {
      open_ge_file(path);
    } catch (const InputError& error) {
      return error.what();
    }
    return "opened";
  }

  fs::path directory_;
};

std::vector<std::uint16_t> pixels_of(const Frame& frame) {
  std::vector<std::uint16_t> pixels(frame.bytes.size() / 2);
  std::memcpy(pixels.data(), frame.bytes.view().data(), frame.bytes.size());
  return pixels;
}

TEST_F(GeFile, FramesStandOneAfterAnotherBehindTheHeader) {
  const fs::path path = file_of("sample_00042.ge3", header_bytes + 3 * frame_bytes);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (const int frame : {0, 1, 2}) {
      file.seekp(static_cast<std::streamoff>(header_bytes + static_cast<std::uint64_t>(frame) * frame_bytes +
                                             2 * 2049));
      file.put(static_cast<char>(10 + frame)).put('\x01');  // row 1, column 1
    }
  }
  const auto reader = open_ge_file(path);
  const auto header = reader->header();
  EXPECT_EQ(header->scan_id, "sample_00042");
  EXPECT_EQ(header->shape, (Shape{2048, 2048}));
  EXPECT_EQ(header->pixel_type, PixelType::u16);
  EXPECT_EQ(header->expected_frames, 3U);
  for (const std::uint64_t index : {2U, 0U, 1U}) {
    const auto frame = reader->read(index);
    ASSERT_TRUE(frame) << frame.error().detail;
    EXPECT_EQ(frame.value().meta.index, index);
    EXPECT_EQ(frame.value().meta.frame_number, index);
    EXPECT_EQ(frame.value().encoding, Encoding::raw);
    const auto pixels = pixels_of(frame.value());
    ASSERT_EQ(pixels.size(), 2048U * 2048U);
    EXPECT_EQ(pixels[2049], 266 + index);
    EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0}), 266 + index);
  }
  EXPECT_EQ(reader->read(3).error().reason, DropReason::missing);
}

TEST_F(GeFile, AFileOfAnotherSizeIsRefusedWithTheNumbers) {
  EXPECT_THAT(refusal_of(file_of("a.ge", 0)), HasSubstr("is empty"));
  EXPECT_THAT(refusal_of(file_of("b.ge", 100)), HasSubstr("holds no whole frame: it has 100 bytes"));
  EXPECT_THAT(refusal_of(file_of("c.ge", header_bytes)), HasSubstr("holds no whole frame"));
  EXPECT_THAT(refusal_of(file_of("d.ge", header_bytes + 2 * frame_bytes + 77)),
              HasSubstr("ends within a frame: behind 2 frames it has 77 bytes more"));
  EXPECT_EQ(refusal_of(file_of("e.ge", header_bytes + frame_bytes)), "opened");
}

TEST_F(GeFile, WhatIsNoReadableFileIsRefused) {
  EXPECT_THAT(refusal_of(directory_), HasSubstr("is no regular file"));
  EXPECT_THAT(refusal_of(directory_ / "absent.ge"), HasSubstr("No such file"));
  const fs::path pipe = directory_ / "pipe.ge";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(refusal_of(pipe), HasSubstr("is no regular file"));
}

TEST_F(GeFile, AFileThatShrinksWhileItIsReadGivesAFrameError) {
  const fs::path path = file_of("f.ge", header_bytes + 2 * frame_bytes);
  const auto reader = open_ge_file(path);
  fs::resize_file(path, header_bytes + frame_bytes + 5);
  EXPECT_TRUE(reader->read(0));
  const auto frame = reader->read(1);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().reason, DropReason::decode_error);
  EXPECT_THAT(frame.error().detail, HasSubstr("has become shorter"));
}

TEST_F(GeFile, ARealFrameHasItsKnownMinimumMaximumAndMean) {
  const fs::path packed = shared_data("ge-raw/GE_aSI_detector_image_1529.bz2");
  BRAGGD_SKIP_WITHOUT(packed);
  if (std::system("bzip2 --help >/dev/null 2>&1") != 0) GTEST_SKIP() << "bzip2 is not installed";
  const fs::path path = directory_ / "image_1529.ge2";
  const std::string command = "bzip2 -dc '" + packed.string() + "' > '" + path.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto reader = open_ge_file(path);
  ASSERT_EQ(reader->header()->expected_frames, 1U);
  const auto frame = reader->read(0);
  ASSERT_TRUE(frame);
  const auto pixels = pixels_of(frame.value());
  const auto [minimum, maximum] = std::ranges::minmax(pixels);
  EXPECT_EQ(minimum, 1515);
  EXPECT_EQ(maximum, 16353);
  const double sum = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  EXPECT_EQ(std::lround(sum / static_cast<double>(pixels.size())), 1833);
}

}  // namespace
}  // namespace braggd
