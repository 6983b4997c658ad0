#include "formats/open_scan.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

std::string refusal_to_open(const std::filesystem::path& path, const std::string& dataset = "") {
  try {
    open_scan(path, {dataset});
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return error.what();
  }
  return "accepted";
}

TEST(OpenScan, WhatCannotBeReadIsRefusedForItsOwnReason) {
  const TemporaryDirectory directory;
  EXPECT_THAT(refusal_to_open(directory / "absent.h5"), HasSubstr("does not exist"));
  EXPECT_THAT(refusal_to_open(directory.path()), HasSubstr("directory"));
  std::ofstream(directory / "empty.h5");
  EXPECT_THAT(refusal_to_open(directory / "empty.h5"), HasSubstr("empty"));
  std::ofstream(directory / "words.h5") << "some words";
  EXPECT_THAT(refusal_to_open(directory / "words.h5"),
              AllOf(HasSubstr("HDF5"), HasSubstr(".npz"), HasSubstr("GE")));
  std::ofstream(directory / "some.ge3") << "not a GE file";
  EXPECT_THAT(refusal_to_open(directory / "some.ge3"), Not(HasSubstr("no format")));
  std::ofstream(directory / "some.npz") << "PK\3\4 and no more";
  EXPECT_THAT(refusal_to_open(directory / "some.npz"), Not(HasSubstr("no format")));
}

TEST(OpenScan, AFileWithoutPermissionSaysSo) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryDirectory directory;
  std::ofstream(directory / "secret.h5") << "x";
  std::filesystem::permissions(directory / "secret.h5", std::filesystem::perms::none);
  EXPECT_THAT(refusal_to_open(directory / "secret.h5"), HasSubstr("permissions"));
}

TEST(OpenScan, TheContentDecidesWhateverTheName) {
  const TemporaryDirectory directory;
  write_sample_scan(directory / "scan.ge2", 2, {8, 8});
  EXPECT_EQ(open_scan(directory / "scan.ge2")->header()->expected_frames, 2U);
}

TEST(OpenScan, AFormatWithoutDatasetsHasNoneToChoose) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "some.ge") << "anything";
  EXPECT_THAT(refusal_to_open(directory / "some.ge", "/entry/data"), HasSubstr("no datasets"));
}

}  // namespace
}  // namespace braggd
