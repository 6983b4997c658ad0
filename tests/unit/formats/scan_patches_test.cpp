// The patches of a scan: what is written is read, what is damaged is refused.
#include "formats/scan_patches.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "formats/hdf5_output.hpp"
#include "formats/hdf5_values.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;

ScanPatches sample_patches() {
  ScanPatches all;
  all.scan_id = "steel_1";
  all.first_omega_deg = -12.5;
  all.frames = {{0, -12.25, 2, 1, 400}, {1, -11.75, 0, 0, 0}, {7, std::nan(""), 1, 0, 0}};
  all.origins = {{0, -3, 17}, {0, 40, 8}, {7, 5, 6}};
  for (std::size_t i = 0; i < 3 * rei_patch_pixels; ++i) all.pixels.push_back(static_cast<float>(i) / 8);
  return all;
}

class ScanPatchesFile : public ::testing::Test {
 protected:
  std::filesystem::path write(const ScanPatches& patches, const std::string& name = "a.h5") {
    hdf5::OutputFile output(directory_ / name, hdf5::OutputFile::NameTaken::refuse);
    write_scan_patches(output.file(), patches);
    return output.publish();
  }
  std::string refusal_of(const ScanPatches& patches) {
    const std::filesystem::path path = write(patches, "bad" + std::to_string(++n_) + ".h5");
    try {
      read_scan_patches(path);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryDirectory directory_;
  int n_ = 0;
};

TEST_F(ScanPatchesFile, IsReadAsItWasWritten) {
  const ScanPatches written = sample_patches();
  const ScanPatches read = read_scan_patches(write(written));
  EXPECT_EQ(read.scan_id, written.scan_id);
  EXPECT_EQ(read.first_omega_deg, written.first_omega_deg);
  EXPECT_EQ(read.pixels, written.pixels);
  EXPECT_EQ(read.origins, written.origins);
  ASSERT_EQ(read.frames.size(), 3U);
  EXPECT_EQ(read.frames[0], written.frames[0]);
  EXPECT_EQ(read.frames[1], written.frames[1]);
  EXPECT_TRUE(std::isnan(read.frames[2].omega_deg));
  EXPECT_EQ(read.frames[2].n_patches, 1U);
}

TEST_F(ScanPatchesFile, OfAScanWithoutPatchesIsReadToo) {
  ScanPatches none;
  none.frames = {{3, 0.5, 0, 2, 900}};
  const ScanPatches read = read_scan_patches(write(none));
  EXPECT_EQ(read.size(), 0U);
  EXPECT_EQ(read.frames, none.frames);
}

TEST_F(ScanPatchesFile, WhoseNumbersDisagreeIsRefused) {
  ScanPatches patches = sample_patches();
  patches.frames[1].n_patches = 1;
  EXPECT_THAT(refusal_of(patches), HasSubstr("other patches than there are"));
  patches = sample_patches();
  std::swap(patches.frames[1], patches.frames[2]);
  EXPECT_THAT(refusal_of(patches), HasSubstr("does not ascend"));
  patches = sample_patches();
  patches.pixels[5] = INFINITY;
  EXPECT_THAT(refusal_of(patches), HasSubstr("not finite"));
  patches = sample_patches();
  patches.origins[0].row = 100'000;
  EXPECT_THAT(refusal_of(patches), HasSubstr("out of range"));
}

TEST_F(ScanPatchesFile, ThatIsSomethingElseIsRefused) {
  hdf5::OutputFile output(directory_ / "other.h5", hdf5::OutputFile::NameTaken::refuse);
  hdf5::write_number(output.file(), "patch", 1.0);
  const std::filesystem::path other = output.publish();
  EXPECT_THROW(read_scan_patches(other), InputError);
  EXPECT_THROW(read_scan_patches(directory_ / "absent.h5"), InputError);
}

}  // namespace
}  // namespace braggd
