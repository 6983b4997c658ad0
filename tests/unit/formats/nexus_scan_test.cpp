#include "formats/nexus_scan.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

std::string refusal(const std::filesystem::path& path, const std::string& dataset = "") {
  try {
    open_nexus_scan(path, dataset);
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return error.what();
  }
  return "accepted";
}

void put_frames(const hdf5::Handle& file, const std::string& path, std::uint64_t frames,
                std::uint16_t first = 0) {
  std::vector<std::uint16_t> pixels;
  for (std::uint64_t i = 0; i < frames * 12; ++i)
    pixels.push_back(static_cast<std::uint16_t>(first + i / 12));
  write_dataset<std::uint16_t>(file, path, H5T_STD_U16LE, H5T_NATIVE_UINT16, {frames, 3, 4}, pixels);
}

std::uint16_t first_pixel(ScanReader& scan, std::uint64_t index) {
  const auto frame = scan.read(index);
  EXPECT_TRUE(frame) << frame.error().detail;
  return frame ? pixels_of<std::uint16_t>(frame.value()).at(0) : std::uint16_t{65535};
}

TEST(NexusScan, FramesAreFoundInTheUsualPlacesAndWhereverElseTheyAreAlone) {
  const TemporaryDirectory directory;
  for (const char* path :
       {"/entry/data/data", "/exchange/data", "/entry/instrument/detector/data", "/a/b/c/images"}) {
    const auto name = directory / "scan.h5";
    {
      const auto file = create_plain_file(name);
      put_frames(file, path, 2, 40);
      write_value(file, "/entry/other", 3);
    }
    const auto scan = open_nexus_scan(name, "");
    EXPECT_EQ(scan->header()->expected_frames, 2U) << path;
    EXPECT_EQ(scan->header()->scan_id, "scan");
    EXPECT_EQ(first_pixel(*scan, 1), 41);
  }
}

TEST(NexusScan, AmongSeveralCandidatesOneMustBeChosen) {
  const TemporaryDirectory directory;
  const auto name = directory / "scan.h5";
  {
    const auto file = create_plain_file(name);
    put_frames(file, "/x/one", 2, 10);
    put_frames(file, "/y/two", 3, 20);
  }
  EXPECT_THAT(refusal(name),
              AllOf(HasSubstr("--dataset"), HasSubstr("/x/one (2, 3, 4)"), HasSubstr("/y/two (3, 3, 4)")));
  EXPECT_EQ(first_pixel(*open_nexus_scan(name, "/y/two"), 2), 22);
  EXPECT_THAT(refusal(name, "/z"), AllOf(HasSubstr("no dataset /z"), HasSubstr("/x/one")));
}

TEST(NexusScan, AFileWithoutFramesSaysWhatItHasInstead) {
  const TemporaryDirectory directory;
  {
    const auto file = create_plain_file(directory / "numbers.h5");
    write_value(file, "/entry/temperature", 3);
  }
  create_plain_file(directory / "empty.h5");
  EXPECT_THAT(refusal(directory / "numbers.h5"), HasSubstr("/entry/temperature (1)"));
  EXPECT_THAT(refusal(directory / "empty.h5"), HasSubstr("nor any numbers"));
}

TEST(NexusScan, GroupsThatContainThemselvesDoNotTrapTheSearch) {
  const TemporaryDirectory directory;
  {
    const auto file = create_plain_file(directory / "loop.h5");
    put_frames(file, "/a/b/images", 2);
    for (const char* link : {"/a/self", "/a/b/up", "/a/b/again"}) {
      H5Lcreate_hard(file.id(), "/a", file.id(), link, H5P_DEFAULT, H5P_DEFAULT);
    }
    H5Lcreate_soft("/nowhere", file.id(), "/a/broken", H5P_DEFAULT, H5P_DEFAULT);
  }
  EXPECT_EQ(open_nexus_scan(directory / "loop.h5", "")->header()->expected_frames, 2U);
}

class Master : public testing::Test {
 protected:
  void write(const std::vector<std::uint64_t>& frames_of_files, double announced) {
    const auto master = create_plain_file(directory_ / "run7_master.h5");
    const auto links = hdf5::own("links", [] { return H5Pcreate(H5P_LINK_CREATE); });
    H5Pset_create_intermediate_group(links.id(), 1);
    std::uint16_t first = 0;
    for (std::size_t i = 0; i < frames_of_files.size(); ++i) {
      const std::string number = "00000" + std::to_string(i + 1);
      const std::string name = "run7_data_" + number + ".h5";
      put_frames(create_plain_file(directory_ / name), "/entry/data/data", frames_of_files[i], first);
      first = static_cast<std::uint16_t>(first + frames_of_files[i]);
      H5Lcreate_external(name.c_str(), "/entry/data/data", master.id(),
                         ("/entry/data/data_" + number).c_str(), links.id(), H5P_DEFAULT);
    }
    if (announced > 0) write_value(master, "/entry/instrument/detector/detectorSpecific/nimages", announced);
    write_value(master, "/entry/sample/goniometer/omega_increment", 0.5, "degree");
    std::vector<double> omega;
    for (int i = 0; i < 20; ++i) omega.push_back(10 + 0.5 * i);
    write_dataset<double>(master, "/entry/sample/goniometer/omega", H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE,
                          {20}, omega);
  }
  std::unique_ptr<ScanReader> open() { return open_nexus_scan(directory_ / "run7_master.h5", ""); }
  void remove(const char* name) { std::filesystem::remove(directory_ / name); }

  TemporaryDirectory directory_;
};

TEST_F(Master, ExternalFilesFollowOneAnotherInTheOrderOfTheirNames) {
  write({4, 4, 2}, 10);
  const auto scan = open();
  EXPECT_EQ(scan->header()->scan_id, "run7");
  EXPECT_EQ(scan->header()->expected_frames, 10U);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(first_pixel(*scan, i), i);
  EXPECT_EQ(scan->header()->omega_start_deg, 10);
  EXPECT_EQ(scan->header()->omega_step_deg, 0.5);
  EXPECT_DOUBLE_EQ(scan->read(9).value().meta.omega_deg, 14.75);
  EXPECT_FALSE(scan->read(10));
}

TEST_F(Master, FramesOfAFileThatIsGoneAreDamagedAndTheOthersKeepTheirPlaces) {
  write({4, 4, 2}, 10);
  remove("run7_data_000002.h5");
  const auto scan = open();
  EXPECT_EQ(scan->header()->expected_frames, 10U);
  EXPECT_EQ(first_pixel(*scan, 3), 3);
  EXPECT_THAT(scan->read(4).error().detail, HasSubstr("run7_data_000002.h5"));
  EXPECT_EQ(first_pixel(*scan, 8), 8);
}

TEST_F(Master, TheLastFilesFramesAreWhatIsLeftOfTheAnnounced) {
  write({4, 4, 2}, 10);
  remove("run7_data_000003.h5");
  const auto scan = open();
  EXPECT_EQ(scan->header()->expected_frames, 10U);
  EXPECT_FALSE(scan->read(9));
  EXPECT_EQ(first_pixel(*scan, 7), 7);
}

TEST_F(Master, AFileThatIsGoneWithoutANumberOfFramesIsRefusedByName) {
  write({4, 4, 2}, 0);
  remove("run7_data_000001.h5");
  EXPECT_THAT(refusal(directory_ / "run7_master.h5"), HasSubstr("run7_data_000001.h5"));
}

TEST_F(Master, AMasterAloneIsRefusedByTheNameOfItsFirstFile) {
  write({4, 4}, 8);
  remove("run7_data_000001.h5");
  remove("run7_data_000002.h5");
  EXPECT_THAT(refusal(directory_ / "run7_master.h5"), HasSubstr("run7_data_000001.h5"));
}

TEST(NexusScan, MetadataIsTurnedIntoRowsColumnsAndOurUnits) {
  const TemporaryDirectory directory;
  const auto name = directory / "meta.h5";
  {
    const auto file = create_plain_file(name);
    put_frames(file, "/entry/data/data", 2);
    const std::string detector = "/entry/instrument/detector/";
    write_value(file, detector + "beam_center_x", 1.5);
    write_value(file, detector + "beam_center_y", 2.5);
    write_value(file, detector + "x_pixel_size", 75, "um");
    write_value(file, detector + "y_pixel_size", 0.172, "mm");
    write_value(file, detector + "detector_distance", 812, "mm");
    write_value(file, detector + "count_time", 99, "ms");
    write_value(file, detector + "saturation_value", 1234);
    hdf5::write_text(file, detector + "description", "Dectris\tEiger");
    hdf5::write_text(file, detector + "detector_number", "E-1");
    write_value(file, "/entry/instrument/beam/incident_wavelength", 0.0172, "nm");
    write_value(file, "/entry/instrument/beam/incident_energy", 71.7, "keV");
    const std::vector<double> angles{0.1, 0.3};
    hdf5::set_attribute(write_dataset<double>(file, "/entry/sample/rotation_angle", H5T_NATIVE_DOUBLE,
                                              H5T_NATIVE_DOUBLE, {2}, angles),
                        "units", "rad");
  }
  const auto header = open_nexus_scan(name, "")->header();
  EXPECT_EQ(header->geometry.beam_col_px, 1.5);
  EXPECT_EQ(header->geometry.beam_row_px, 2.5);
  EXPECT_DOUBLE_EQ(header->geometry.pixel_cols_m, 75e-6);
  EXPECT_DOUBLE_EQ(header->geometry.pixel_rows_m, 172e-6);
  EXPECT_DOUBLE_EQ(header->geometry.distance_m, 0.812);
  EXPECT_DOUBLE_EQ(header->geometry.wavelength_angstrom, 0.172);
  EXPECT_DOUBLE_EQ(header->geometry.energy_ev, 71700);
  EXPECT_DOUBLE_EQ(header->count_time_s, 0.099);
  EXPECT_EQ(header->saturation_value, 1234U);
  EXPECT_EQ(header->detector_description, "Dectris?Eiger");
  EXPECT_EQ(header->detector_serial_number, "E-1");
  EXPECT_NEAR(header->omega_of(1), 0.3 * 180 / 3.14159265358979, 1e-9);
}

TEST(NexusScan, AbsurdMetadataStaysUnknown) {
  const TemporaryDirectory directory;
  const auto name = directory / "absurd.h5";
  {
    const auto file = create_plain_file(name);
    put_frames(file, "/entry/data/data", 2);
    const std::string detector = "/entry/instrument/detector/";
    write_value(file, detector + "beam_center_x", std::nan(""));
    write_value(file, detector + "x_pixel_size", -1);
    write_value(file, detector + "distance", 1e12);
    write_value(file, detector + "y_pixel_size", 1, "furlong");
    write_value(file, detector + "count_time", INFINITY);
    write_value(file, detector + "saturation_value", -5);
    hdf5::write_text(file, "/entry/instrument/detector/frame_time", "soon");
    const std::vector<double> angles{0, 1e300};
    write_dataset<double>(file, "/entry/sample/rotation_angle", H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE, {2},
                          angles);
    write_dataset<double>(file, "/omega", H5T_NATIVE_DOUBLE, H5T_NATIVE_DOUBLE, {1},
                          std::span(angles).first(1));
    const std::vector<std::uint32_t> mask(6, 1);
    write_dataset<std::uint32_t>(file, detector + "pixel_mask", H5T_STD_U32LE, H5T_NATIVE_UINT32, {2, 3},
                                 mask);
  }
  const auto header = open_nexus_scan(name, "")->header();
  EXPECT_TRUE(std::isnan(header->geometry.beam_col_px));
  EXPECT_TRUE(std::isnan(header->geometry.pixel_cols_m));
  EXPECT_TRUE(std::isnan(header->geometry.pixel_rows_m));
  EXPECT_TRUE(std::isnan(header->geometry.distance_m));
  EXPECT_TRUE(std::isnan(header->count_time_s));
  EXPECT_TRUE(std::isnan(header->frame_time_s));
  EXPECT_TRUE(std::isnan(header->omega_of(0)));
  EXPECT_FALSE(header->saturation_value);
  EXPECT_EQ(header->pixel_mask, nullptr);
}

TEST(NexusScan, AMaskInADetectorsOwnCompressionIsRead) {
  const TemporaryDirectory directory;
  const auto name = directory / "mask.h5";
  std::vector<std::uint32_t> mask(12);
  mask[7] = 8;
  {
    const auto file = create_plain_file(name);
    put_frames(file, "/entry/data/data", 1);
    const hsize_t chunk[2] = {3, 4}, origin[2] = {0, 0};
    const unsigned values[] = {0, 3, 4, 0, 2};
    const auto dataset = create_dataset(
        file, "/entry/instrument/detector/pixel_mask", H5T_STD_U32LE, {3, 4},
        [&](hid_t p) { H5Pset_chunk(p, 2, chunk), H5Pset_filter(p, 32008, H5Z_FLAG_OPTIONAL, 5, values); });
    std::vector<std::byte> packed;
    encode_chunk(Encoding::bslz4, 4, std::as_bytes(std::span(mask)), packed);
    ASSERT_GE(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, origin, packed.size(), packed.data()), 0);
  }
  const auto header = open_nexus_scan(name, "")->header();
  ASSERT_NE(header->pixel_mask, nullptr);
  EXPECT_EQ(*header->pixel_mask, mask);
}

TEST(NexusScan, ATruncatedFileIsRefusedOrItsFramesAreDamaged) {
  const TemporaryDirectory directory;
  write_sample_scan(directory / "whole.h5", 4, {32, 32});
  std::ifstream whole(directory / "whole.h5", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    const auto path = directory / "cut.h5";
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    EXPECT_NE(refusal(path), "accepted") << size;
  }
}

TEST(NexusScan, ADamagedChunkIsOneDamagedFrame) {
  const TemporaryDirectory directory;
  const auto path = directory / "scan.h5";
  write_sample_scan(path, 3, {32, 32}, Encoding::bslz4);
  const auto expected = pixels_of<std::uint16_t>(open_nexus_scan(path, "")->read(2).value());
  {
    const auto file = hdf5::own("open", [&] { return H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT); });
    const auto data = hdf5::open_object(file, "/entry/data/data");
    const hsize_t offset[3] = {1, 0, 0};
    const std::vector<std::byte> rubbish(200, std::byte{0x5a});
    ASSERT_GE(H5Dwrite_chunk(data.id(), H5P_DEFAULT, 0, offset, rubbish.size(), rubbish.data()), 0);
  }
  const auto scan = open_nexus_scan(path, "");
  EXPECT_TRUE(pixels_of<std::uint16_t>(scan->read(1).value()).empty()) << "the decoder refuses it";
  EXPECT_EQ(pixels_of<std::uint16_t>(scan->read(2).value()), expected);
}

}  // namespace
}  // namespace braggd
