#include "formats/hdf5.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "formats/hdf5_values.hpp"
#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

TEST(Hdf5, AFailureSaysWhatWasTriedAndWhatWasWrongInnermost) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "text.h5") << "this is no HDF5 file at all, only some words";
  try {
    hdf5::open_file(directory / "text.h5");
    FAIL() << "it was opened";
  } catch (const hdf5::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("not a readable HDF5 file"));
    EXPECT_THAT(error.what(), HasSubstr("signature"));
  }
}

TEST(Hdf5, FailuresPrintNothingOnAnyThread) {
  testing::internal::CaptureStderr();
  const auto fail = [] { EXPECT_THROW(hdf5::open_file("/nowhere/at/all.h5"), hdf5::Error); };
  fail();
  std::thread(fail).join();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Hdf5, TextsAndNumbersComeBackAsTheyWereWritten) {
  const TemporaryDirectory directory;
  const auto file = create_plain_file(directory / "values.h5");
  hdf5::set_attribute(hdf5::write_text(file, "text", "µm and Å"), "units", "°");
  hdf5::set_attribute(file, "count", std::uint64_t{1} << 63);
  hdf5::write_number(file, "big", std::uint64_t{18446744073709551615U});
  hdf5::write_array<double>(file, "empty", {});
  hdf5::write_text(file, "nothing", "");
  EXPECT_EQ(hdf5::read_text(file, "text"), "µm and Å");
  EXPECT_EQ(hdf5::read_text(file, "nothing"), "");
  EXPECT_EQ(hdf5::read_attribute_text(file, "text", "units"), "°");
  EXPECT_EQ(hdf5::read_attribute_number(file, "/", "count"), 9223372036854775808.0);
  EXPECT_EQ(hdf5::read_count(file, "big"), 18446744073709551615U);
  EXPECT_TRUE(hdf5::read_numbers(file, "empty", 10)->values.empty());
}

TEST(Hdf5, WhatIsAbsentOrOfAnotherKindIsNotRead) {
  const TemporaryDirectory directory;
  const auto file = create_plain_file(directory / "values.h5");
  hdf5::write_text(file, "text", "7");
  hdf5::write_number(file, "number", 7.0);
  hdf5::create_group(file, "group", "NXcollection");
  EXPECT_FALSE(hdf5::read_number(file, "text"));
  EXPECT_FALSE(hdf5::read_text(file, "number"));
  EXPECT_FALSE(hdf5::read_text(file, "group"));
  EXPECT_FALSE(hdf5::read_number(file, "absent/below/absent"));
  EXPECT_FALSE(hdf5::read_attribute_text(file, "text", "absent"));
}

TEST(Hdf5, TextsOfFixedLengthAreReadWithoutTheirPadding) {
  const TemporaryDirectory directory;
  const auto file = create_plain_file(directory / "fixed.h5");
  const auto type = hdf5::own("type", [] { return H5Tcopy(H5T_C_S1); });
  H5Tset_size(type.id(), 12);
  const char text[12] = "EIGER 2  ";
  hdf5::write_numbers(file, "description", type.id(), {}, text);
  EXPECT_EQ(hdf5::read_text(file, "description"), "EIGER 2");
}

TEST(Hdf5, TwoThreadsMayWorkAtOnce) {
  const TemporaryDirectory directory;
  const auto work = [&](const char* name) {
    for (int i = 0; i < 50; ++i) {
      const auto path = directory / (name + std::to_string(i));
      hdf5::write_number(create_plain_file(path), "value", double(i));
      EXPECT_EQ(hdf5::read_number(hdf5::open_file(path), "value"), double(i));
      EXPECT_THROW(hdf5::open_object(hdf5::open_file(path), "absent"), hdf5::Error);
    }
  };
  std::thread other(work, "b");
  work("a");
  other.join();
}

}  // namespace
}  // namespace braggd
