#include "formats/frame_cache_npz.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <numeric>
#include <random>
#include <sys/stat.h>
#include <vector>

#include "formats/npy.hpp"
#include "shared_data.hpp"
#include "unit/formats/npz_writer.hpp"

namespace braggd {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Three frames of 4 x 5 u16: (1, 2) = 7 and (3, 4) = 65535; nothing; (0, 0) = 1.
NpzWriter good_cache() {
  NpzWriter cache;
  cache.put("0_row", npy_array("<u2", "(2,)", items<std::uint16_t>({1, 3})))
      .put("0_col", npy_array("<u2", "(2,)", items<std::uint16_t>({2, 4})))
      .put("0_data", npy_array("<u2", "(2,)", items<std::uint16_t>({7, 65535})));
  for (const char* name : {"1_row", "1_col", "1_data"}) cache.put(name, npy_array("<u2", "(0,)", ""));
  cache.put("2_row", npy_array("<u2", "(1,)", items<std::uint16_t>({0})))
      .put("2_col", npy_array("<u2", "(1,)", items<std::uint16_t>({0})))
      .put("2_data", npy_array("<u2", "(1,)", items<std::uint16_t>({1})));
  return cache.put("shape", npy_array("<i8", "(2,)", items<std::int64_t>({4, 5})))
      .put("nframes", npy_array("<i8", "()", items<std::int64_t>({3})))
      .put("dtype", npy_array("|S6", "()", "uint16"))
      .put("omega", npy_array("<f8", "(3, 2)", items<double>({10, 10.25, 10.25, 10.5, 10.5, 10.75})));
}

class FrameCache : public testing::Test {
 protected:
  FrameCache() {
    std::string name = (fs::temp_directory_path() / "braggd_npz_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
  }
  ~FrameCache() override { fs::remove_all(directory_); }

  std::unique_ptr<ScanReader> open(const NpzWriter& cache) const {
    const fs::path path = directory_ / "load step 3.npz";
    cache.write(path);
    return open_frame_cache_npz(path);
  }
  std::string refusal_of(const fs::path& path) const {
    try {
      open_frame_cache_npz(path);
    } catch (const InputError& error) {
      return error.what();
    }
    return "opened";
  }
  std::string refusal_of(const NpzWriter& cache) const {
    const fs::path path = directory_ / "bad.npz";
    cache.write(path);
    return refusal_of(path);
  }
  /// What is wrong with frame 0 of a cache that opens.
  std::string frame_error(const NpzWriter& cache) const {
    const auto frame = open(cache)->read(0);
    if (frame) return "no error";
    EXPECT_EQ(frame.error().reason, DropReason::decode_error);
    return frame.error().detail;
  }

  fs::path directory_;
};

template <class Pixel>
std::vector<Pixel> pixels_of(const Result<Frame>& frame) {
  if (!frame) {
    ADD_FAILURE() << frame.error().detail;
    return {};
  }
  std::vector<Pixel> pixels(frame.value().bytes.size() / sizeof(Pixel));
  std::memcpy(pixels.data(), frame.value().bytes.view().data(), frame.value().bytes.size());
  return pixels;
}

TEST_F(FrameCache, FramesComeBackDense) {
  const auto reader = open(good_cache());
  const auto header = reader->header();
  EXPECT_EQ(header->scan_id, "load step 3");
  EXPECT_EQ(header->shape, (Shape{4, 5}));
  EXPECT_EQ(header->pixel_type, PixelType::u16);
  EXPECT_EQ(header->expected_frames, 3U);
  EXPECT_DOUBLE_EQ(header->omega_start_deg, 10);
  EXPECT_DOUBLE_EQ(header->omega_step_deg, 0.25);
  std::vector<std::uint16_t> expected(20, 0);
  EXPECT_EQ(pixels_of<std::uint16_t>(reader->read(1)), expected);
  expected[7] = 7;
  expected[19] = 65535;
  const auto first = reader->read(0);
  EXPECT_EQ(pixels_of<std::uint16_t>(first), expected);
  EXPECT_DOUBLE_EQ(first.value().meta.omega_deg, 10.125);
  EXPECT_EQ(first.value().meta.wire_bytes, 40U);
  EXPECT_EQ(reader->read(3).error().reason, DropReason::missing);
}

TEST_F(FrameCache, UnevenOmegaIsKeptFrameByFrameAndOmegaMayBeAbsent) {
  auto cache = good_cache().put("omega", npy_array("<f8", "(3, 2)", items<double>({0, 1, 1, 2, 5, 6})));
  EXPECT_THAT(open(cache)->header()->omega_deg, ElementsAre(0.5, 1.5, 5.5));
  EXPECT_TRUE(std::isnan(open(cache.remove("omega"))->header()->omega_of(0)));
}

TEST_F(FrameCache, EveryRealTypeIsReadWhereItsValuesFit) {
  const auto read = [&](const char* dtype, const char* descr, const Blob& data) {
    auto cache = good_cache().put("dtype", npy_array("|S" + std::to_string(std::strlen(dtype)), "()", dtype));
    return open(cache.put("0_data", npy_array(descr, "(2,)", data)));
  };
  const auto of_u32 = [](ScanReader& reader) {
    EXPECT_EQ(reader.header()->pixel_type, PixelType::u32);
    const auto pixels = pixels_of<std::uint32_t>(reader.read(0));
    return pixels.size() == 20 ? std::pair(pixels[7], pixels[19]) : std::pair(0U, 0U);
  };
  EXPECT_EQ(of_u32(*read("uint32", "<u4", items<std::uint32_t>({7, ~0U}))), std::pair(7U, ~0U));
  EXPECT_EQ(of_u32(*read("int32", "<i4", items<std::int32_t>({7, 70000}))), std::pair(7U, 70000U));
  EXPECT_EQ(of_u32(*read("int64", "<i8", items<std::int64_t>({7, 0xffffffff}))), std::pair(7U, ~0U));
  EXPECT_EQ(of_u32(*read("int64", ">i8", items<std::int64_t>({0x0700000000000000, 0}))), std::pair(7U, 0U));
  const auto u8 = read("uint8", "|u1", items<std::uint8_t>({7, 255}));
  EXPECT_EQ(u8->header()->pixel_type, PixelType::u8);
  EXPECT_EQ(pixels_of<std::uint8_t>(u8->read(0)).at(19), 255);
  const auto f64 = read("float64", "<f8", items<double>({-7.5, 1e30F}));
  EXPECT_EQ(f64->header()->pixel_type, PixelType::f32);
  EXPECT_EQ(pixels_of<float>(f64->read(0)).at(7), -7.5F);
  EXPECT_EQ(pixels_of<float>(f64->read(0)).at(19), 1e30F);
  const auto unicode = open(good_cache().put(
      "dtype", npy_array("<U6", "()", Blob("u\0\0\0i\0\0\0n\0\0\0t\0\0\0008\0\0\0\0\0\0\0", 24))));
  EXPECT_EQ(unicode->header()->pixel_type, PixelType::u8);
}

TEST_F(FrameCache, AValueThatDoesNotFitIsAnErrorThatNamesTheType) {
  const auto error = [&](const char* dtype, const char* descr, const Blob& data) {
    auto cache = good_cache().put("dtype", npy_array("|S" + std::to_string(std::strlen(dtype)), "()", dtype));
    return frame_error(cache.put("0_data", npy_array(descr, "(2,)", data)));
  };
  EXPECT_THAT(error("int32", "<i4", items<std::int32_t>({1, -3})),
              HasSubstr("frame 0: the value -3 of type '<i4' does not fit an unsigned integer of 32 bits"));
  EXPECT_THAT(error("int64", "<i8", items<std::int64_t>({1, 0x100000000})),
              HasSubstr("4294967296 of type '<i8'"));
  EXPECT_THAT(error("float64", "<f8", items<double>({0.1, 1})), HasSubstr("type '<f8' does not fit a float"));
  EXPECT_THAT(error("float64", "<f8", items<double>({1e300, 1})),
              HasSubstr("type '<f8' does not fit a float"));
  EXPECT_THAT(error("uint16", "<f4", items<float>({1.5F, 1})), HasSubstr("type '<f4' does not fit"));
  EXPECT_THAT(error("uint16", "|S2", "abcd"), HasSubstr("numbers are expected, not the type '|S2'"));
}

TEST_F(FrameCache, PixelTypesThatAreNoRealNumbersAreRefused) {
  for (const char* dtype : {"complex64", "bool", "float16", "object"}) {
    auto cache = good_cache().put("dtype", npy_array("|S" + std::to_string(std::strlen(dtype)), "()", dtype));
    EXPECT_THAT(refusal_of(cache),
                HasSubstr("pixels of type '" + std::string(dtype) + "' are not supported"));
  }
}

TEST_F(FrameCache, ObjectsAndStructuresAreNeverRead) {
  EXPECT_THAT(refusal_of(good_cache().put("dtype", npy_array("|O", "()", "pickle"))),
              HasSubstr("Python objects"));
  EXPECT_THAT(refusal_of(good_cache().put(
                  "shape", npy("{'descr': [('a', '<i8')], 'fortran_order': False, 'shape': (2,)}",
                               std::string(16, '\0')))),
              HasSubstr("structured arrays"));
  EXPECT_THAT(
      refusal_of(good_cache().put(
          "omega", npy("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2)}", std::string(48, '\0')))),
      HasSubstr("column-major"));
}

TEST_F(FrameCache, MetadataThatMakesNoSenseIsRefused) {
  const auto shape = [&](std::initializer_list<std::int64_t> sides, const char* dimensions) {
    return refusal_of(good_cache().put("shape", npy_array("<i8", dimensions, items<std::int64_t>(sides))));
  };
  for (const auto sides : {std::array<std::int64_t, 2>{0, 5}, {-4, 5}, {4, 65536}, {1 << 30, 1 << 30}}) {
    EXPECT_THAT(shape({sides[0], sides[1]}, "(2,)"), HasSubstr("shape must be two numbers"));
  }
  EXPECT_THAT(shape({4}, "(1,)"), HasSubstr("shape must be two numbers"));
  EXPECT_THAT(shape({4, 5, 6}, "(3,)"), HasSubstr("3 items where at most 2"));
  const auto nframes = [&](std::int64_t n) {
    return refusal_of(good_cache().put("nframes", npy_array("<i8", "()", items<std::int64_t>({n}))));
  };
  EXPECT_THAT(nframes(0), HasSubstr("nframes must be"));
  EXPECT_THAT(nframes(-1), HasSubstr("nframes must be"));
  EXPECT_THAT(nframes(1000000000000), HasSubstr("cut short"));
  for (const char* name : {"dtype", "shape", "nframes"}) {
    EXPECT_THAT(refusal_of(good_cache().remove(name)),
                HasSubstr("there is no entry " + std::string(name) + ".npy"));
  }
  EXPECT_THAT(refusal_of(good_cache().put("omega", npy_array("<f8", "(2, 2)", items<double>({0, 1, 1, 2})))),
              HasSubstr("omega must have two angles for each of the 3 frames"));
}

TEST_F(FrameCache, ADamagedFrameIsADecodeErrorAndTheOthersAreRead) {
  auto cache = good_cache().remove("0_col");
  EXPECT_THAT(frame_error(cache), HasSubstr("frame 0: there is no entry 0_col.npy"));
  EXPECT_TRUE(open(cache)->read(2));
  EXPECT_THAT(frame_error(good_cache().put("0_row", npy_array("<u2", "(2,)", items<std::uint16_t>({1, 4})))),
              HasSubstr("pixel (4, 4) lies outside 4 x 5"));
  EXPECT_THAT(frame_error(good_cache().put("0_col", npy_array("<i4", "(2,)", items<std::int32_t>({-1, 4})))),
              HasSubstr("the value -1"));
  EXPECT_THAT(frame_error(good_cache().put("0_row", npy_array("<u2", "(1,)", items<std::uint16_t>({1})))),
              HasSubstr("there are 1 rows, 2 columns and 2 values"));
}

TEST_F(FrameCache, AnArrayThatClaimsMoreThanItHasIsRefusedBeforeItIsRead) {
  const auto row = [&](const Blob& content) { return frame_error(good_cache().put("0_row", content)); };
  EXPECT_THAT(row(npy_array("<u2", "(20000000000,)", "ab")), HasSubstr("20000000000 items where at most 20"));
  EXPECT_THAT(row(npy_array("<u2", "(18446744073709551615, 16)", "ab")), HasSubstr("too big"));
  EXPECT_THAT(row(npy_array("<u2", "(20,)", "abcd")), HasSubstr("its shape asks for 40 bytes"));
  EXPECT_THAT(row(npy_array("<u2", "(2,)", "abcdef")), HasSubstr("its shape asks for 4 bytes"));
  EXPECT_THAT(row(npy_array("|S99999", "(1,)", "abcdef")), HasSubstr("is not supported"));
  EXPECT_THAT(row(""), HasSubstr("it ends too early"));
  EXPECT_THAT(row("PK\3\4 and some more"), HasSubstr("it is no NumPy array"));
}

TEST_F(FrameCache, WhatIsNoArchiveIsRefused) {
  EXPECT_THAT(refusal_of(directory_), HasSubstr("it is no regular file"));
  EXPECT_THAT(refusal_of(directory_ / "absent.npz"),
              HasSubstr("absent.npz: it cannot be opened as an .npz archive"));
  std::ofstream(directory_ / "text.npz") << "this is no archive, however long the text is that it holds";
  EXPECT_THAT(refusal_of(directory_ / "text.npz"), HasSubstr("cannot be opened as an .npz archive"));
  const fs::path pipe = directory_ / "pipe.npz";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(refusal_of(pipe), HasSubstr("it is no regular file"));
}

TEST_F(FrameCache, DamagedArchivesNeverCrash) {
  const fs::path path = directory_ / "good.npz";
  good_cache().write(path);
  std::ifstream file(path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::mt19937_64 random(41);
  int opened = 0;
  for (int i = 0; i < 600; ++i) {
    std::string bytes = good;
    for (std::size_t n = 1 + random() % 3; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 5 == 0) bytes.resize(random() % bytes.size());
    const fs::path damaged = directory_ / "damaged.npz";
    std::ofstream(damaged, std::ios::binary | std::ios::trunc) << bytes;
    try {
      const auto reader = open_frame_cache_npz(damaged);
      ++opened;
      for (std::uint64_t frame = 0; frame < std::min<std::uint64_t>(reader->header()->expected_frames, 16);
           ++frame) {
        const auto result = reader->read(frame);
        if (result) {
          EXPECT_EQ(result.value().bytes.size(), reader->header()->frame_bytes());
        }
      }
    } catch (const InputError& error) {
      EXPECT_STRNE(error.what(), "");
    }
  }
  EXPECT_GT(opened, 0);
  EXPECT_LT(opened, 600);
}

TEST_F(FrameCache, TheRubyScanIsReadAsItWasMeasured) {
  const fs::path path = shared_data("ruby-ff1/framecache.npz");
  BRAGGD_SKIP_WITHOUT(path);
  const auto reader = open_frame_cache_npz(path);
  const auto header = reader->header();
  EXPECT_EQ(header->scan_id, "framecache");
  EXPECT_EQ(header->shape, (Shape{3888, 3072}));
  EXPECT_EQ(header->pixel_type, PixelType::u16);
  EXPECT_EQ(header->expected_frames, 1440U);
  EXPECT_DOUBLE_EQ(header->omega_start_deg, 0);
  EXPECT_DOUBLE_EQ(header->omega_step_deg, 0.25);
  EXPECT_DOUBLE_EQ(header->omega_of(1439), 359.875);

  struct Known {
    std::uint64_t frame;
    std::ptrdiff_t n_pixels;
    std::uint64_t sum;
    std::uint32_t row, col;
    std::uint16_t maximum;
  };
  for (const Known& known : {Known{0, 52, 16060, 833, 2928, 702}, Known{700, 100, 40275, 767, 2671, 2340},
                             Known{1439, 39, 11335, 158, 3064, 707}}) {
    const auto pixels = pixels_of<std::uint16_t>(reader->read(known.frame));
    ASSERT_EQ(pixels.size(), header->shape.pixels());
    EXPECT_EQ(std::ssize(pixels) - std::ranges::count(pixels, 0), known.n_pixels);
    EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), std::uint64_t{0}), known.sum);
    EXPECT_EQ(pixels[std::size_t{known.row} * 3072 + known.col], known.maximum);
    EXPECT_EQ(std::ranges::max(pixels), known.maximum);
  }
}

TEST(Npy, HeadersOfEveryVersionAreUnderstood) {
  for (const int version : {1, 2, 3}) {
    const Blob array =
        npy("{\"shape\": (3L, 2), 'fortran_order': False, 'descr': '>i2'}", std::string(12, 'x'), version);
    const auto bytes = std::as_bytes(std::span(array));
    const std::size_t header_bytes = npy_header_bytes(bytes.first(npy_preamble_bytes));
    ASSERT_EQ(header_bytes + 12, array.size());
    const NpyHeader header = parse_npy_header(bytes.first(header_bytes));
    EXPECT_THAT(header.shape, ElementsAre(3, 2));
    EXPECT_EQ(header.n_items, 6U);
    EXPECT_EQ(header.kind, 'i');
    EXPECT_TRUE(header.big_endian);
    EXPECT_THAT(npy_numbers<std::int64_t>(header, bytes.subspan(header_bytes, 4)),
                ElementsAre(0x7878, 0x7878));
  }
}

TEST(Npy, AHeaderThatIsNotWhatNumPyWritesIsRefused) {
  for (const char* dictionary :
       {"", "{}", "{'descr': '<u2', 'fortran_order': False}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (2,)",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (2,)} x",
        "{'descr': '<u2', 'descr': '<u2', 'shape': (2,)}",
        "{'descr': '<u2', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (2 3)}", "{'descr': '<u2 'fortran_order': False}",
        "{'descr': '<u', 'fortran_order': False, 'shape': ()}",
        "{'descr': 'u2', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<u0', 'fortran_order': False, 'shape': ()}",
        "{'descr': '', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<u2', 'fortran_order': False, 'shape': "
        "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
        "1,1,1,1)}"}) {
    const Blob array = npy(dictionary, "");
    EXPECT_THROW(parse_npy_header(std::as_bytes(std::span(array))), InputError) << dictionary;
  }
}

}  // namespace
}  // namespace braggd
