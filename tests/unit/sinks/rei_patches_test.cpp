// Patches in a file, whatever the order of the frames.
#include "sinks/rei_patches.hpp"

#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "formats/scan_patches.hpp"
#include "kernels/components.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/sinks/nexus_file_samples.hpp"

namespace braggd {
namespace {

/// `n` blobs of 3 x 3 px, and a bar that is too long for a patch.
Envelope blobs(const ScanHeader& header, std::uint64_t index, std::uint32_t n) {
  auto pixels = std::make_shared<SparseFrame>();
  pixels->shape = header.shape;
  const auto add = [&](std::uint32_t row, std::uint32_t col, float value) {
    pixels->index.push_back(row * header.shape.cols + col);
    pixels->value.push_back(value);
  };
  for (std::uint32_t row = 0; row < 3; ++row) {
    for (std::uint32_t i = 0; i < n; ++i) {
      for (std::uint32_t col = 0; col < 3; ++col)
        add(10 + row, 10 * (i + 1) + col, static_cast<float>(10 + index + row + col));
    }
  }
  for (std::uint32_t row = 0; row < 3; ++row) {
    for (std::uint32_t col = 50; col < 80; ++col) add(40 + row, col, 20);
  }
  auto components = std::make_shared<ComponentList>();
  components->shape = header.shape;
  components->pixels = pixels;
  find_components(*pixels, 1, 100000, *components);
  auto list = std::make_shared<PeakList>();
  list->meta.index = index;
  list->meta.omega_deg = header.omega_of(index);
  list->components = components;
  return {.meta = list->meta,
          .dropped = DropReason::none,
          .product = std::shared_ptr<const PeakList>(list),
          .lease = {}};
}

ScanPatches written(const std::vector<std::uint64_t>& order, const std::filesystem::path& directory) {
  const auto header = sample_header(5);
  ReiPatchesSink sink({.directory = directory}, sample_context(header));
  for (const std::uint64_t index : order) {
    if (index == 3) {
      sink.consume(sample_tombstone(*header, index, DropReason::decode_error));
    } else {
      sink.consume(blobs(*header, index, static_cast<std::uint32_t>(index)));
    }
  }
  return read_scan_patches(sink.finish(complete_summary(5)));
}

TEST(ReiPatchesSink, WritesPatchesInTheOrderOfFramesWhateverOrderTheyCameIn) {
  const TemporaryDirectory one, other;
  const ScanPatches a = written({0, 1, 2, 3, 4}, one.path());
  const ScanPatches b = written({4, 2, 3, 0, 1}, other.path());
  EXPECT_EQ(a.pixels, b.pixels);
  EXPECT_EQ(a.origins, b.origins);
  EXPECT_EQ(a.frames, b.frames);
  ASSERT_EQ(a.size(), 0U + 1 + 2 + 4);
  ASSERT_EQ(a.frames.size(), 4U);  // the tombstone was not looked at
  EXPECT_EQ(a.frames[3].frame, 4U);
  EXPECT_EQ(a.frames[3].n_patches, 4U);
  EXPECT_EQ(a.frames[3].n_too_big, 1U);
  EXPECT_EQ(a.frames[3].too_big_pixels, 90U);
  EXPECT_DOUBLE_EQ(a.frames[3].omega_deg, sample_header(5)->omega_of(4));
  EXPECT_EQ(a.origins[0], (ReiOrigin{1, 4, 4}));
}

TEST(ReiPatchesSink, AScanWithMorePatchesThanItsMemoryHoldsFails) {
  const TemporaryDirectory directory;
  const auto header = sample_header(2000);
  ReiPatchesSink sink({.directory = directory.path(), .memory = 1 << 20}, sample_context(header));
  const auto feed = [&] {
    for (std::uint64_t index = 0; index < 400; ++index) sink.consume(blobs(*header, index, 4));
  };
  EXPECT_THROW(feed(), OutputError);
  sink.abandon();
}

}  // namespace
}  // namespace braggd
