#include "formats/result_file.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

TEST(ResultFile, OtherFilesAreNoResults) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(read_result_summary(directory / "absent.h5"));
  std::ofstream(directory / "words.h5") << "some words";
  EXPECT_FALSE(read_result_summary(directory / "words.h5"));
  write_sample_scan(directory / "scan.h5", 1, {8, 8});
  EXPECT_FALSE(read_result_summary(directory / "scan.h5"));
}

TEST(ResultFile, OneThatClaimsMoreThanItHoldsIsRefusedAtOnce) {
  const TemporaryDirectory directory;
  const auto path = directory / "lies.h5";
  {
    const auto file = create_plain_file(path);
    hdf5::set_attribute(file, "creator", "braggd 9.9");
    const hsize_t chunk = 1024;
    const auto lie = [&](const char* name, hid_t type) {
      create_dataset(file, name, type, {hsize_t{1} << 60}, [&](hid_t p) { H5Pset_chunk(p, 1, &chunk); });
    };
    lie("/entry/frames/status", H5T_STD_U8LE);
    lie("/entry/frames/omega_deg", H5T_IEEE_F64LE);
    lie("/entry/peaks/sum_intensity", H5T_IEEE_F64LE);
  }
  EXPECT_THROW(read_result_summary(path), InputError);
}

TEST(ResultFile, OneThatLacksItsColumnsIsRefused) {
  const TemporaryDirectory directory;
  const auto path = directory / "bare.h5";
  {
    const auto file = create_plain_file(path);
    hdf5::set_attribute(file, "creator", "braggd 9.9");
    const auto entry = hdf5::create_group(file, "entry", "NXentry");
    hdf5::create_group(entry, "peaks", "NXdata");
  }
  EXPECT_THROW(read_result_summary(path), InputError);
}

}  // namespace
}  // namespace braggd
