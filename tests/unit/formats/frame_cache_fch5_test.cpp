#include "formats/frame_cache_fch5.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/open_scan.hpp"
#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

// A cache of two frames of 4 x 5 pixels: (1, 2) = 70 and (3, 4) = 65535 on the first, nothing on the second.
struct Cache {
  double version = 1;
  std::vector<std::int64_t> shape{4, 5};
  std::uint64_t frames = 2;
  std::vector<std::uint16_t> data{70, 65535};
  std::vector<std::uint16_t> indices{1, 2, 3, 4};
  std::vector<std::uint64_t> frame_ids{0, 2, 2, 2};
  std::vector<double> omega{10, 10.25, 10.25, 10.5};

  void write(const std::filesystem::path& path) const {
    const auto file = create_plain_file(path);
    hdf5::set_attribute(file, "HEXRD_FRAMECACHE_VERSION", version);
    hdf5::write_array<std::int64_t>(file, "shape", shape);
    hdf5::write_number(file, "nframes", frames);
    hdf5::write_text(file, "dtype", "uint16");
    const auto u16 = hdf5::native_type<std::uint16_t>();
    hdf5::write_numbers(file, "data", u16, {data.size(), 1}, data.data());
    hdf5::write_numbers(file, "indices", u16, {indices.size() / 2, 2}, indices.data());
    hdf5::write_array<std::uint64_t>(file, "frame_ids", frame_ids);
    const auto metadata = hdf5::create_group(file, "metadata", "");
    hdf5::write_numbers(metadata, "omega", hdf5::native_type<double>(), {omega.size() / 2, 2}, omega.data());
  }
};

class FrameCacheFch5 : public testing::Test {
 protected:
  std::filesystem::path path() { return directory_ / "cache.fch5"; }
  std::string refusal(const Cache& cache) {
    cache.write(path());
    try {
      open_frame_cache_fch5(path());
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  std::string frame_error(const Cache& cache) {
    cache.write(path());
    const auto frame = open_frame_cache_fch5(path())->read(0);
    return frame ? "accepted" : frame.error().detail;
  }
  TemporaryDirectory directory_;
};

TEST_F(FrameCacheFch5, FramesAreRebuiltDenseWithTheirAngles) {
  Cache().write(path());
  const auto scan = open_scan(path());
  EXPECT_EQ(scan->header()->shape, (Shape{4, 5}));
  EXPECT_EQ(scan->header()->expected_frames, 2U);
  EXPECT_EQ(scan->header()->pixel_type, PixelType::u16);
  EXPECT_EQ(scan->header()->omega_start_deg, 10);
  EXPECT_EQ(scan->header()->omega_step_deg, 0.25);
  EXPECT_EQ(scan->header()->scan_id, "cache");
  std::vector<std::uint16_t> expected(20);
  EXPECT_EQ(pixels_of<std::uint16_t>(scan->read(1).value()), expected);
  expected[7] = 70;
  expected[19] = 65535;
  EXPECT_EQ(pixels_of<std::uint16_t>(scan->read(0).value()), expected);
  EXPECT_FALSE(scan->read(2));
}

TEST_F(FrameCacheFch5, UnevenAnglesAreKeptFrameByFrame) {
  Cache cache;
  cache.omega = {10, 11, 20, 22};
  cache.write(path());
  EXPECT_EQ(open_frame_cache_fch5(path())->header()->omega_deg, (std::vector<double>{10.5, 21}));
}

TEST_F(FrameCacheFch5, AnEmptyCacheIsAnEmptyScan) {
  Cache cache;
  cache.frames = 0;
  cache.data = {};
  cache.indices = {};
  cache.frame_ids = {};
  cache.omega = {};
  cache.write(path());
  EXPECT_EQ(open_frame_cache_fch5(path())->header()->expected_frames, 0U);
}

TEST_F(FrameCacheFch5, PartsThatDoNotFitOneAnotherAreRefused) {
  EXPECT_THAT(refusal({.version = 2}), HasSubstr("version 1"));
  EXPECT_THAT(refusal({.shape = {4, 70000}}), HasSubstr("not possible"));
  EXPECT_THAT(refusal({.shape = {-4, 5}}), HasSubstr("not possible"));
  EXPECT_THAT(refusal({.shape = {4}}), HasSubstr("lacks"));
  EXPECT_THAT(refusal({.frames = 3}), HasSubstr("fit"));
  EXPECT_THAT(refusal({.frames = std::uint64_t{1} << 63}), HasSubstr("claims"));
  EXPECT_THAT(refusal({.data = {70}}), HasSubstr("fit"));
}

TEST_F(FrameCacheFch5, PixelsAndRangesOutsideAreDamagedFrames) {
  EXPECT_THAT(frame_error({.indices = {1, 2, 4, 0}}), HasSubstr("outside"));
  EXPECT_THAT(frame_error({.indices = {1, 5, 3, 4}}), HasSubstr("outside"));
  EXPECT_THAT(frame_error({.frame_ids = {0, 3, 2, 2}}), HasSubstr("outside the file"));
  EXPECT_THAT(frame_error({.frame_ids = {2, 0, 2, 2}}), HasSubstr("outside the file"));
  Cache crowded;
  crowded.data.assign(21, 1);
  crowded.indices.assign(42, 0);
  crowded.frame_ids = {0, 21, 21, 21};
  EXPECT_THAT(frame_error(crowded), HasSubstr("more values than pixels"));
}

}  // namespace
}  // namespace braggd
