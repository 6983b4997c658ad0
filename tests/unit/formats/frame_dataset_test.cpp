#include "formats/frame_dataset.hpp"

#include <cmath>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

constexpr H5Z_filter_t lz4_filter = 32004, bitshuffle_filter = 32008;

class FrameDatasetFile : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  hdf5::Handle file_ = create_plain_file(directory_ / "frames.h5");

  template <class T>
  FrameDataset stored(hid_t stored_type, hid_t memory_type, const std::vector<hsize_t>& extent,
                      const std::vector<T>& values, const std::function<void(hid_t)>& prepare = {}) {
    return {write_dataset<T>(file_, "data", stored_type, memory_type, extent, values, prepare), "data"};
  }

  template <class T>
  static std::vector<T> pixels(FrameDataset& frames, std::uint64_t index) {
    const auto raw = frames.read_raw(index);
    EXPECT_TRUE(raw) << raw.error().detail;
    if (!raw) return {};
    EXPECT_EQ(raw.value().size(), frames.shape().pixels() * sizeof(T));
    std::vector<T> out(frames.shape().pixels());
    std::memcpy(out.data(), raw.value().view().data(), raw.value().size());
    return out;
  }

  static std::string problem(FrameDataset& frames, std::uint64_t index) {
    const auto frame = frames.read(index);
    EXPECT_FALSE(frame);
    if (frame) return "";
    EXPECT_EQ(frame.error().reason, DropReason::decode_error);
    return frame.error().detail;
  }

  // u16 frames in chunks of any shape, each compressed by itself as a detector's writer does.
  FrameDataset in_chunks(const std::vector<hsize_t>& extent, const std::vector<hsize_t>& chunk,
                         const std::vector<std::uint16_t>& values, Encoding encoding) {
    const auto prepare = [&](hid_t properties) {
      H5Pset_chunk(properties, 3, chunk.data());
      const unsigned values_of_filter[] = {0, 3, 2, 0, encoding == Encoding::bszstd ? 3U : 2U};
      if (encoding == Encoding::lz4) H5Pset_filter(properties, lz4_filter, H5Z_FLAG_OPTIONAL, 0, nullptr);
      if (encoding == Encoding::bslz4 || encoding == Encoding::bszstd) {
        H5Pset_filter(properties, bitshuffle_filter, H5Z_FLAG_OPTIONAL, 5, values_of_filter);
      }
    };
    auto dataset = create_dataset(file_, "data", H5T_STD_U16LE, extent, prepare, true);
    for (hsize_t f = 0; f < extent[0]; f += chunk[0]) {
      for (hsize_t r = 0; r < extent[1]; r += chunk[1]) {
        for (hsize_t c = 0; c < extent[2]; c += chunk[2]) {
          write_chunk(dataset, extent, chunk, {f, r, c}, values, encoding);
        }
      }
    }
    return {std::move(dataset), "data"};
  }

 private:
  static void write_chunk(const hdf5::Handle& dataset, const std::vector<hsize_t>& extent,
                          const std::vector<hsize_t>& chunk, const std::vector<hsize_t>& offset,
                          const std::vector<std::uint16_t>& values, Encoding encoding) {
    std::vector<std::uint16_t> tile;
    for (hsize_t f = offset[0]; f < offset[0] + chunk[0]; ++f) {
      for (hsize_t r = offset[1]; r < offset[1] + chunk[1]; ++r) {
        for (hsize_t c = offset[2]; c < offset[2] + chunk[2]; ++c) {
          const bool inside = f < extent[0] && r < extent[1] && c < extent[2];
          tile.push_back(inside ? values[(f * extent[1] + r) * extent[2] + c] : std::uint16_t{9999});
        }
      }
    }
    std::vector<std::byte> packed;
    encode_chunk(encoding, 2, std::as_bytes(std::span(tile)), packed);
    hdf5::call("chunk", [&] {
      return H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, offset.data(), packed.size(), packed.data());
    });
  }
};

std::vector<std::uint16_t> frame_slice(const std::vector<std::uint16_t>& all, std::uint64_t index,
                                       std::uint64_t pixels) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(index * pixels);
  return {begin, begin + static_cast<std::ptrdiff_t>(pixels)};
}

TEST_F(FrameDatasetFile, TilesAndStacksAreDecodedAndPutTogether) {
  const std::vector<hsize_t> extent{5, 37, 50};
  const auto all = sample_pixels(5, 37 * 50);
  int file = 0;
  for (const auto& chunk : std::vector<std::vector<hsize_t>>{
           {1, 37, 50}, {1, 16, 32}, {2, 37, 50}, {4, 10, 50}, {5, 64, 64}, {1, 1, 50}}) {
    for (const auto encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
      file_ = create_plain_file(directory_ / std::to_string(++file));
      auto frames = in_chunks(extent, chunk, all, encoding);
      for (const std::uint64_t index : {4U, 0U, 1U, 3U, 2U}) {
        EXPECT_EQ(pixels<std::uint16_t>(frames, index), frame_slice(all, index, 37 * 50));
        const auto read = frames.read(index);
        ASSERT_TRUE(read);
        EXPECT_EQ(read.value().encoding, chunk[0] == 1 && chunk[1] == 37 ? encoding : Encoding::raw);
      }
    }
  }
}

TEST_F(FrameDatasetFile, OtherFiltersAndLayoutsGoThroughHdf5) {
  const std::vector<hsize_t> extent{3, 12, 10};
  const auto all = sample_pixels(3, 120);
  const hsize_t chunk[3] = {2, 5, 10};
  const std::vector<std::function<void(hid_t)>> layouts{
      {},
      [&](hid_t p) { H5Pset_chunk(p, 3, chunk), H5Pset_deflate(p, 6); },
      [&](hid_t p) {
        H5Pset_chunk(p, 3, chunk), H5Pset_shuffle(p), H5Pset_deflate(p, 1), H5Pset_fletcher32(p);
      },
      [&](hid_t p) { H5Pset_layout(p, H5D_COMPACT); }};
  int file = 0;
  for (const auto& layout : layouts) {
    file_ = create_plain_file(directory_ / std::to_string(++file));
    auto frames = stored<std::uint16_t>(H5T_STD_U16LE, H5T_NATIVE_UINT16, extent, all, layout);
    EXPECT_EQ(pixels<std::uint16_t>(frames, 2), frame_slice(all, 2, 120));
    EXPECT_EQ(pixels<std::uint16_t>(frames, 0), frame_slice(all, 0, 120));
  }
}

TEST_F(FrameDatasetFile, BigEndianPixelsAreTurned) {
  const hsize_t chunk[3] = {1, 2, 2};
  auto frames = stored<std::uint16_t>(H5T_STD_U16BE, H5T_NATIVE_UINT16, {1, 2, 2}, {1, 256, 65535, 4660},
                                      [&](hid_t p) { H5Pset_chunk(p, 3, chunk); });
  EXPECT_EQ(pixels<std::uint16_t>(frames, 0), (std::vector<std::uint16_t>{1, 256, 65535, 4660}));
  EXPECT_EQ(frames.read(0).value().encoding, Encoding::raw);
}

TEST_F(FrameDatasetFile, NegativePixelsAreNoDataAndMinusTwoKeepsItsBits) {
  auto frames = stored<std::int16_t>(H5T_STD_I16LE, H5T_NATIVE_INT16, {2, 1, 3}, {0, 5, 32767, -1, -2, -3});
  EXPECT_EQ(frames.pixel_type(), PixelType::u16);
  EXPECT_EQ(pixels<std::uint16_t>(frames, 0), (std::vector<std::uint16_t>{0, 5, 32767}));
  EXPECT_EQ(pixels<std::uint16_t>(frames, 1), (std::vector<std::uint16_t>{0xFFFF, 0xFFFE, 0xFFFF}));
}

TEST_F(FrameDatasetFile, NegativePixelsAreNoDataInEveryTypeAndByteOrder) {
  constexpr std::uint32_t gap = 0xFFFFFFFF, dead = 0xFFFFFFFE;
  const std::vector<std::int32_t> marks{-1, -2, -32769, 7};
  for (const hid_t type : {H5T_STD_I32LE, H5T_STD_I32BE, H5T_STD_I64LE, H5T_STD_I64BE}) {
    auto frames = stored<std::int32_t>(type, H5T_NATIVE_INT32, {1, 2, 2}, marks);
    ASSERT_GE(H5Ldelete(file_.id(), "data", H5P_DEFAULT), 0);  // the next has the same name
    EXPECT_EQ(pixels<std::uint32_t>(frames, 0), (std::vector<std::uint32_t>{gap, dead, gap, 7}));
  }
  auto bytes = stored<std::int8_t>(H5T_STD_I8LE, H5T_NATIVE_INT8, {1, 1, 4}, {-1, -2, -128, 127});
  EXPECT_EQ(pixels<std::uint8_t>(bytes, 0), (std::vector<std::uint8_t>{0xFF, 0xFE, 0xFF, 127}));
}

TEST_F(FrameDatasetFile, NegativePixelsInRawChunksAreNoDataToo) {
  const hsize_t chunk[3] = {1, 1, 3};
  auto frames = stored<std::int32_t>(H5T_STD_I32LE, H5T_NATIVE_INT32, {2, 1, 3}, {0, 5, 1 << 30, -2, -1, -9},
                                     [&](hid_t p) { H5Pset_chunk(p, 3, chunk); });
  EXPECT_EQ(pixels<std::uint32_t>(frames, 0), (std::vector<std::uint32_t>{0, 5, 1 << 30}));
  EXPECT_EQ(pixels<std::uint32_t>(frames, 1),
            (std::vector<std::uint32_t>{0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF}));
}

TEST_F(FrameDatasetFile, IntegersOf64BitsMustFitIn32) {
  auto frames =
      stored<std::uint64_t>(H5T_STD_U64LE, H5T_NATIVE_UINT64, {2, 1, 2}, {7, 4294967295U, 0, 4294967296U});
  EXPECT_EQ(pixels<std::uint32_t>(frames, 0), (std::vector<std::uint32_t>{7, 4294967295U}));
  EXPECT_THAT(problem(frames, 1), HasSubstr("u32"));
}

TEST_F(FrameDatasetFile, DoublesBecomeFloatsAndKeepWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto frames = stored<double>(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {1, 1, 4}, {1.5, -2, nan, 1e300});
  const auto values = pixels<float>(frames, 0);
  ASSERT_EQ(values.size(), 4U);
  EXPECT_EQ(values[0], 1.5F);
  EXPECT_EQ(values[1], -2.0F);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_TRUE(std::isinf(values[3]));
}

TEST_F(FrameDatasetFile, APlaneIsOneFrame) {
  auto frames = stored<std::uint8_t>(H5T_STD_U8LE, H5T_NATIVE_UINT8, {2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(frames.frames(), 1U);
  EXPECT_EQ(pixels<std::uint8_t>(frames, 0), (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(FrameDatasetFile, AChunkThatWasNeverWrittenIsADamagedFrame) {
  const hsize_t chunk[3] = {1, 4, 4};
  FrameDataset frames(
      create_dataset(file_, "data", H5T_STD_U16LE, {3, 4, 4}, [&](hid_t p) { H5Pset_chunk(p, 3, chunk); }),
      "data");
  EXPECT_THAT(problem(frames, 1), HasSubstr("never written"));
}

TEST_F(FrameDatasetFile, AChunkFarTooLongIsNotEvenRead) {
  const hsize_t chunk[3] = {1, 64, 64}, offset[3] = {0, 0, 0};
  const unsigned values[] = {0, 3, 2, 0, 2};
  auto dataset = create_dataset(file_, "data", H5T_STD_U16LE, {1, 64, 64}, [&](hid_t p) {
    H5Pset_chunk(p, 3, chunk), H5Pset_filter(p, bitshuffle_filter, H5Z_FLAG_OPTIONAL, 5, values);
  });
  const std::vector<std::byte> bytes(3U << 20);
  ASSERT_GE(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, offset, bytes.size(), bytes.data()), 0);
  FrameDataset frames(std::move(dataset), "data");
  EXPECT_THAT(problem(frames, 0), HasSubstr("far more"));
}

TEST_F(FrameDatasetFile, AChunkWhoseFilterWasSkippedIsRaw) {
  const hsize_t chunk[3] = {1, 2, 2}, offset[3] = {0, 0, 0};
  const unsigned values[] = {0, 3, 2, 0, 2};
  auto dataset = create_dataset(file_, "data", H5T_STD_U16LE, {1, 2, 2}, [&](hid_t p) {
    H5Pset_chunk(p, 3, chunk), H5Pset_filter(p, bitshuffle_filter, H5Z_FLAG_OPTIONAL, 5, values);
  });
  const std::uint16_t raw[4] = {1, 2, 3, 4};
  ASSERT_GE(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 1, offset, sizeof(raw), raw), 0);
  FrameDataset frames(std::move(dataset), "data");
  EXPECT_EQ(frames.read(0).value().encoding, Encoding::raw);
  EXPECT_EQ(pixels<std::uint16_t>(frames, 0), (std::vector<std::uint16_t>{1, 2, 3, 4}));
}

TEST_F(FrameDatasetFile, DamagedTilesAreAFrameErrorWithItsCause) {
  const hsize_t chunk[3] = {1, 2, 4}, offset[3] = {0, 2, 0};
  const unsigned values[] = {0, 3, 2, 0, 2};
  const auto all = sample_pixels(1, 16);
  auto dataset = create_dataset(file_, "data", H5T_STD_U16LE, {1, 4, 4}, [&](hid_t p) {
    H5Pset_chunk(p, 3, chunk), H5Pset_filter(p, bitshuffle_filter, H5Z_FLAG_OPTIONAL, 5, values);
  });
  std::vector<std::byte> packed;
  encode_chunk(Encoding::bslz4, 2, std::as_bytes(std::span(all)).first(16), packed);
  const hsize_t first[3] = {0, 0, 0};
  ASSERT_GE(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, first, packed.size(), packed.data()), 0);
  packed.resize(packed.size() - 1);
  ASSERT_GE(H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, offset, packed.size(), packed.data()), 0);
  FrameDataset frames(std::move(dataset), "data");
  EXPECT_THAT(problem(frames, 0), HasSubstr("damaged"));
}

TEST_F(FrameDatasetFile, WhatCannotBeFramesIsRefusedInWords) {
  const auto refusal = [&](hid_t type, const std::vector<hsize_t>& extent,
                           const std::function<void(hid_t)>& prepare = {}) {
    static int n = 0;
    const std::string name = "d" + std::to_string(n++);
    try {
      FrameDataset(create_dataset(file_, name, type, extent, prepare), name);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const auto chunked = [](std::vector<hsize_t> chunk, H5Z_filter_t filter, std::vector<unsigned> values) {
    return [=](hid_t p) {
      H5Pset_chunk(p, static_cast<int>(chunk.size()), chunk.data());
      if (filter != 0) H5Pset_filter(p, filter, H5Z_FLAG_OPTIONAL, values.size(), values.data());
    };
  };
  EXPECT_THAT(refusal(H5T_STD_U16LE, {5}), HasSubstr("1 dimensions"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {1, 2, 3, 4}), HasSubstr("4 dimensions"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {1, 65536, 4}, chunked({1, 8, 4}, 0, {})), HasSubstr("65536 x 4"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {1, 60000, 60000}, chunked({1, 8, 8}, 0, {})),
              HasSubstr("not possible"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {1, 0, 4}), HasSubstr("0 x 4"));
  EXPECT_THAT(refusal(H5T_C_S1, {1, 2, 2}), HasSubstr("integers"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {9, 4, 4}, chunked({1, 4, 4}, 32001, {})), HasSubstr("32001 (Blosc)"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {9, 4, 4}, chunked({1, 4, 4}, 31999, {})), HasSubstr("31999"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {9, 4, 4}, chunked({1, 4, 4}, bitshuffle_filter, {0, 2, 2, 0, 0})),
              HasSubstr("32008 (bitshuffle)"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {9, 4, 4}, chunked({1, 4, 4}, bitshuffle_filter, {0, 2, 4, 0, 2})),
              HasSubstr("32008 (bitshuffle)"));
  EXPECT_THAT(refusal(H5T_STD_U16LE, {40000, 200, 200}, chunked({20000, 200, 200}, 0, {})),
              HasSubstr("1 GiB"));
}

}  // namespace
}  // namespace braggd
