#include "formats/dark_frame.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include <braggd/error.hpp>

#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::NanSensitiveFloatEq;

constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

class DarkFrame : public testing::Test {
 protected:
  template <class Load>
  std::string refusal(Load&& load) {
    try {
      load();
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_ / "file.h5";
  Shape shape_;
};

TEST_F(DarkFrame, TheMeanRunsOverTheFramesInWhichAPixelHasAValue) {
  const std::vector<std::uint16_t> pixels{10, 65535, 65534, 7, 65535,   //
                                          11, 20,    65535, 7, 65534,   //
                                          12, 65534, 30,    8, 65535};  //
  write_dataset<std::uint16_t>(create_plain_file(path_), "/dark", H5T_STD_U16LE, H5T_NATIVE_UINT16, {3, 1, 5},
                               pixels);
  const auto dark = load_dark(path_, "", shape_);
  EXPECT_EQ(shape_, (Shape{1, 5}));
  EXPECT_THAT(dark,
              ElementsAre(11.0F, 20.0F, 30.0F, static_cast<float>(22.0 / 3), NanSensitiveFloatEq(no_value)));
}

TEST_F(DarkFrame, FloatsThatAreNotFiniteHaveNoValue) {
  const std::vector<float> pixels{1, no_value, INFINITY, 2, 5, -INFINITY};
  write_dataset<float>(create_plain_file(path_), "/dark", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {2, 1, 3},
                       pixels);
  EXPECT_THAT(load_dark(path_, "/dark", shape_), ElementsAre(1.5F, 5.0F, NanSensitiveFloatEq(no_value)));
}

TEST_F(DarkFrame, PixelsUnderTheFilesOwnMaskHaveNoValue) {
  auto file = create_plain_file(path_);
  const std::vector<std::uint8_t> pixels{1, 2};
  write_dataset<std::uint8_t>(file, "/entry/data/data", H5T_STD_U8LE, H5T_NATIVE_UINT8, {1, 1, 2}, pixels);
  const std::vector<std::uint32_t> mask{0, 1};
  write_dataset<std::uint32_t>(file, "/entry/instrument/detector/pixel_mask", H5T_STD_U32LE,
                               H5T_NATIVE_UINT32, {1, 2}, mask);
  file = {};
  EXPECT_THAT(load_dark(path_, "", shape_), ElementsAre(1.0F, NanSensitiveFloatEq(no_value)));
}

TEST_F(DarkFrame, CompressedFramesAreDecoded) {
  write_sample_scan(path_, 2, {16, 16}, Encoding::bslz4);
  const auto dark = load_dark(path_, "", shape_);
  for (std::size_t i = 0; i < dark.size(); ++i) {
    EXPECT_EQ(dark[i], (sample_pixel(0, i) + sample_pixel(1, i)) / 2.0F);
  }
}

TEST_F(DarkFrame, NothingAndDamageAreRefused) {
  write_sample_scan(path_, 0, {8, 8});
  EXPECT_THAT(refusal([&] { load_dark(path_, "", shape_); }), HasSubstr("no frames"));
  EXPECT_THAT(refusal([&] { load_dark(directory_ / "absent", "", shape_); }), HasSubstr("does not exist"));
  const std::vector<std::uint64_t> large{std::uint64_t{1} << 32, 0};
  write_dataset<std::uint64_t>(create_plain_file(path_), "/dark", H5T_STD_U64LE, H5T_NATIVE_UINT64, {1, 1, 2},
                               large);
  EXPECT_THAT(refusal([&] { load_dark(path_, "", shape_); }), HasSubstr("frame 0"));
}

TEST_F(DarkFrame, NegativeIntegersHaveNoValue) {
  const std::vector<std::int16_t> pixels{-1, 4, -2, 6};
  write_dataset<std::int16_t>(create_plain_file(path_), "/dark", H5T_STD_I16LE, H5T_NATIVE_INT16, {2, 1, 2},
                              pixels);
  EXPECT_THAT(load_dark(path_, "", shape_), ElementsAre(NanSensitiveFloatEq(no_value), 5.0F));
}

TEST_F(DarkFrame, AMaskOfAnyIntegerTypeIsTruth) {
  const std::vector<std::uint32_t> wide{0, 256, 0, 65536, 1, 0};
  write_dataset<std::uint32_t>(create_plain_file(path_), "/mask", H5T_STD_U32BE, H5T_NATIVE_UINT32, {2, 3},
                               wide);
  EXPECT_THAT(load_mask(path_, "", shape_), ElementsAre(0, 1, 0, 1, 1, 0));
  EXPECT_EQ(shape_, (Shape{2, 3}));
}

TEST_F(DarkFrame, AMaskOfBooleansAsPythonWritesThemIsRead) {
  const auto type = hdf5::own("type", [] { return H5Tenum_create(H5T_NATIVE_INT8); });
  const std::int8_t values[2] = {0, 1};
  H5Tenum_insert(type.id(), "FALSE", values);
  H5Tenum_insert(type.id(), "TRUE", values + 1);
  const hsize_t chunk[3] = {1, 1, 4};
  const std::vector<std::int8_t> mask{1, 0, 0, 1};
  for (const bool compressed : {false, true}) {
    write_dataset<std::int8_t>(create_plain_file(path_), "/some/where", type.id(), type.id(), {1, 1, 4}, mask,
                               [&](hid_t p) {
                                 if (compressed) H5Pset_chunk(p, 3, chunk), H5Pset_deflate(p, 4);
                               });
    EXPECT_THAT(load_mask(path_, "", shape_), ElementsAre(1, 0, 0, 1));
  }
}

TEST_F(DarkFrame, AMaskMustBeOneAndOfIntegers) {
  auto file = create_plain_file(path_);
  const std::vector<float> floats(4);
  write_dataset<float>(file, "/float", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, {2, 2}, floats);
  const std::vector<std::uint8_t> bytes(8);
  write_dataset<std::uint8_t>(file, "/two", H5T_STD_U8LE, H5T_NATIVE_UINT8, {2, 2, 2}, bytes);
  write_dataset<std::uint8_t>(file, "/flat", H5T_STD_U8LE, H5T_NATIVE_UINT8, {2, 4}, bytes);
  file = {};
  EXPECT_THAT(refusal([&] { load_mask(path_, "/float", shape_); }), HasSubstr("floating-point"));
  EXPECT_THAT(refusal([&] { load_mask(path_, "/two", shape_); }), HasSubstr("not one mask"));
  EXPECT_THAT(refusal([&] { load_mask(path_, "/absent", shape_); }), HasSubstr("/flat (2, 4)"));
  EXPECT_THAT(refusal([&] { load_mask(path_, "", shape_); }), AllOf(HasSubstr("/flat"), HasSubstr("/float")));
  std::ofstream(directory_ / "words") << "no HDF5";
  EXPECT_THAT(refusal([&] { load_mask(directory_ / "words", "", shape_); }), HasSubstr("HDF5"));
}

}  // namespace
}  // namespace braggd
