#include "formats/scan_writer.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "formats/nexus_scan.hpp"
#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

ScanHeader full_header() {
  ScanHeader header;
  header.scan_id = "steel/step 3";
  header.series_id = 77;
  header.shape = {24, 40};
  header.expected_frames = 3;
  header.omega_start_deg = -12.3;
  header.omega_step_deg = 0.1;
  header.geometry = {0.172979, 71676.4, 0.8, 0.000075, 0.000172, 11.5, -3.25};
  std::vector<std::uint32_t> mask(header.shape.pixels());
  mask[5] = 1;
  mask[900] = 0x80000000U;
  header.pixel_mask = std::make_shared<const std::vector<std::uint32_t>>(mask);
  header.saturation_value = 65533;
  header.count_time_s = 0.099;
  header.frame_time_s = 0.1;
  header.detector_description = "Panel µ";
  header.detector_serial_number = "E-32-0111";
  header.sample_name = "steel";
  header.start_time = "2024-05-06T07:08:09.123+02:00";
  return header;
}

void expect_equal(const ScanHeader& a, const ScanHeader& b) {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  EXPECT_EQ(a.scan_id, b.scan_id);
  EXPECT_EQ(a.series_id, b.series_id);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.pixel_type, b.pixel_type);
  EXPECT_EQ(a.expected_frames, b.expected_frames);
  EXPECT_PRED2(same, a.omega_start_deg, b.omega_start_deg);
  EXPECT_PRED2(same, a.omega_step_deg, b.omega_step_deg);
  EXPECT_EQ(a.omega_deg, b.omega_deg);
  for (const auto member :
       {&Geometry::wavelength_angstrom, &Geometry::energy_ev, &Geometry::distance_m, &Geometry::pixel_rows_m,
        &Geometry::pixel_cols_m, &Geometry::beam_row_px, &Geometry::beam_col_px}) {
    EXPECT_PRED2(same, a.geometry.*member, b.geometry.*member);
  }
  ASSERT_EQ(a.pixel_mask == nullptr, b.pixel_mask == nullptr);
  if (a.pixel_mask) {
    EXPECT_EQ(*a.pixel_mask, *b.pixel_mask);
  }
  EXPECT_EQ(a.saturation_value, b.saturation_value);
  EXPECT_PRED2(same, a.count_time_s, b.count_time_s);
  EXPECT_PRED2(same, a.frame_time_s, b.frame_time_s);
  EXPECT_EQ(a.detector_description, b.detector_description);
  EXPECT_EQ(a.detector_serial_number, b.detector_serial_number);
  EXPECT_EQ(a.sample_name, b.sample_name);
  EXPECT_EQ(a.start_time, b.start_time);
}

template <class T>
void round_trip(PixelType type, Encoding encoding) {
  const TemporaryDirectory directory;
  ScanHeader header = full_header();
  header.pixel_type = type;
  std::vector<std::vector<T>> frames(3, std::vector<T>(header.shape.pixels()));
  for (std::size_t f = 0; f < frames.size(); ++f) {
    for (std::size_t i = 0; i < frames[f].size(); ++i) frames[f][i] = static_cast<T>(sample_pixel(f, i));
  }
  {
    ScanWriter writer(directory / "scan.h5", header, encoding);
    for (std::size_t f = 0; f < frames.size(); ++f) writer.append(frame_of(header, f, frames[f]));
    writer.close();
  }
  const auto scan = open_nexus_scan(directory / "scan.h5", "");
  expect_equal(*scan->header(), header);
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const auto frame = scan->read(f);
    ASSERT_TRUE(frame) << frame.error().detail;
    EXPECT_EQ(frame.value().encoding, encoding) << "the stored chunk is handed on";
    EXPECT_EQ(pixels_of<T>(frame.value()), frames[f]);
    EXPECT_EQ(frame.value().meta.index, f);
    EXPECT_DOUBLE_EQ(frame.value().meta.omega_deg, -12.3 + 0.1 * (static_cast<double>(f) + 0.5));
  }
}

TEST(ScanWriter, EveryPixelTypeAndEncodingComesBackWithItsHeader) {
  for (const auto encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
    SCOPED_TRACE(name_of(encoding));
    round_trip<std::uint8_t>(PixelType::u8, encoding);
    round_trip<std::uint16_t>(PixelType::u16, encoding);
    round_trip<std::uint32_t>(PixelType::u32, encoding);
    round_trip<float>(PixelType::f32, encoding);
  }
}

TEST(ScanWriter, ScansOfNoFrameAndOneFrameAreFilesLikeAnyOther) {
  const TemporaryDirectory directory;
  for (const std::uint64_t frames : {0U, 1U}) {
    const auto path = directory / (std::to_string(frames) + ".h5");
    write_sample_scan(path, frames, {8, 9});
    const auto scan = open_nexus_scan(path, "");
    EXPECT_EQ(scan->header()->expected_frames, frames);
    EXPECT_EQ(scan->header()->shape, (Shape{8, 9}));
    EXPECT_EQ(bool(scan->read(0)), frames == 1);
    EXPECT_FALSE(scan->read(frames));
  }
}

TEST(ScanWriter, AnEmptyHeaderStaysUnknown) {
  const TemporaryDirectory directory;
  ScanHeader header;
  header.scan_id = "bare";
  header.shape = {8, 8};
  header.expected_frames = 1;
  ScanWriter writer(directory / "bare.h5", header, Encoding::bslz4);
  writer.append(frame_of(header, 0, std::vector<std::uint16_t>(64, 3)));
  writer.close();
  expect_equal(*open_nexus_scan(directory / "bare.h5", "")->header(), header);
}

TEST(ScanWriter, UnevenAnglesComeBackAsTheCentreOfEachFrame) {
  const TemporaryDirectory directory;
  ScanHeader header;
  header.scan_id = "uneven";
  header.shape = {8, 8};
  header.expected_frames = 3;
  header.omega_deg = {1, 2, 4.5};
  ScanWriter writer(directory / "uneven.h5", header, Encoding::raw);
  for (std::uint64_t i = 0; i < 3; ++i) writer.append(frame_of(header, i, std::vector<std::uint16_t>(64)));
  writer.close();
  expect_equal(*open_nexus_scan(directory / "uneven.h5", "")->header(), header);
}

TEST(ScanWriter, FramesInAnotherEncodingAreEncodedAnew) {
  const TemporaryDirectory directory;
  write_sample_scan(directory / "raw.h5", 2, {16, 16}, Encoding::raw);
  const auto scan = open_nexus_scan(directory / "raw.h5", "");
  ScanWriter writer(directory / "packed.h5", *scan->header(), Encoding::bslz4);
  for (std::uint64_t i = 0; i < 2; ++i) writer.append(scan->read(i).value());
  writer.close();
  const auto packed = open_nexus_scan(directory / "packed.h5", "");
  EXPECT_EQ(packed->read(1).value().encoding, Encoding::bslz4);
  EXPECT_EQ(pixels_of<std::uint16_t>(packed->read(1).value()),
            pixels_of<std::uint16_t>(scan->read(1).value()));
}

TEST(ScanWriter, TheFileHasItsNameOnlyWhenItIsComplete) {
  const TemporaryDirectory directory;
  ScanHeader header;
  header.shape = {8, 8};
  {
    ScanWriter writer(directory / "scan.h5", header, Encoding::raw);
    EXPECT_FALSE(std::filesystem::exists(directory / "scan.h5"));
    EXPECT_TRUE(std::filesystem::exists(directory / "scan.h5.part"));
  }
  EXPECT_FALSE(std::filesystem::exists(directory / "scan.h5"));
  EXPECT_TRUE(std::filesystem::exists(directory / "scan.h5.part"));
}

TEST(ScanWriter, WhatExistsIsNotOverwritten) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "scan.h5") << "precious";
  ScanHeader header;
  header.shape = {8, 8};
  try {
    ScanWriter(directory / "scan.h5", header, Encoding::raw);
    FAIL() << "it was overwritten";
  } catch (const OutputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("exists"));
  }
  std::string content;
  std::ifstream(directory / "scan.h5") >> content;
  EXPECT_EQ(content, "precious");
}

TEST(ScanWriter, AFrameOfAnotherShapeOrDamagedIsRefused) {
  const TemporaryDirectory directory;
  ScanHeader header;
  header.shape = {8, 8};
  ScanWriter writer(directory / "scan.h5", header, Encoding::bslz4);
  Frame frame = frame_of(header, 0, std::vector<std::uint16_t>(64));
  frame.shape = {8, 9};
  EXPECT_THROW(writer.append(frame), OutputError);
  frame = frame_of(header, 0, std::vector<std::uint16_t>(63));
  EXPECT_THROW(writer.append(frame), OutputError);
}

}  // namespace
}  // namespace braggd
