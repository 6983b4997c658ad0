#include "wire/stream2_decode.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "kernels/chunk.hpp"
#include "shared_data.hpp"
#include "unit/wire/hex.hpp"
#include "unit/wire/md5.hpp"
#include "unit/wire/stream2_samples.hpp"
#include "wire/cbor_writer.hpp"
#include "wire/stream2_encode.hpp"

namespace braggd {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Stream2Message parse_hex(std::string_view hex) {
  return parse_stream2(Bytes::own(from_hex(hex)));
}

DamagedMessage damage_of(const Stream2Message& message) {
  if (const auto* damaged = std::get_if<DamagedMessage>(&message)) return *damaged;
  ADD_FAILURE() << "the message was taken for good, alternative " << message.index();
  return {};
}

// An image whose array is what `array` writes.
template <class Write>
Stream2Message image_with(Write array) {
  CborWriter out;
  out.map(4)
      .text("type")
      .text("image")
      .text("series_id")
      .unsigned_integer(3)
      .text("image_id")
      .unsigned_integer(7);
  out.text("data").map(1).text("threshold_1");
  array(out);
  return parse_stream2(Bytes::own(out.take()));
}

template <class Write>
std::string array_error(Write array) {
  const auto message = image_with(array);
  const auto frame = make_frame(std::get<ImageMessage>(message), "");
  return frame ? std::string{} : frame.error().detail;
}

TEST(Stream2Decode, TheMinimalImageOfTheReferenceIsRead) {
  const auto message = parse_hex(
      "a4 64 74797065 65 696d616765 64 64617461 a1 6b 7468726573686f6c645f31 d828 82 820202 d845 48 "
      "0100020003000400"
      "68 696d6167655f6964 07 69 7365726965735f6964 03");
  const auto& image = std::get<ImageMessage>(message);
  EXPECT_EQ(image.series.scan_id, "series-3");
  EXPECT_EQ(image.image_id, 7u);
  const auto frame = make_frame(image, "");
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame.value().meta.index, 7u);
  EXPECT_EQ(frame.value().meta.wire_bytes, 8u);
  EXPECT_EQ(frame.value().shape, (Shape{2, 2}));
  EXPECT_EQ(frame.value().encoding, Encoding::raw);
  EXPECT_EQ(std::vector(frame.value().bytes.view().begin(), frame.value().bytes.view().end()),
            from_hex("0100020003000400"));
}

TEST(Stream2Decode, TheRecordedSeriesOfAnEiger16MIsRead) {
  const auto folder = shared_data("eiger2-16m-stream2");
  BRAGGD_SKIP_WITHOUT(folder);
  const auto start = parse_stream2(bytes_of_file(folder / "start.cbor"));
  std::vector<std::string> warnings;
  const ScanHeader header = make_header(std::get<StartMessage>(start), "", warnings);
  EXPECT_EQ(header.scan_id, "01HBV3JPF9T4ZDPADX6EMK6XMZ");
  EXPECT_EQ(header.series_id, 15614u);
  EXPECT_EQ(header.shape, (Shape{4362, 4148}));
  EXPECT_EQ(header.pixel_type, PixelType::u16);
  EXPECT_EQ(header.expected_frames, 1u);
  EXPECT_EQ(header.omega_start_deg, 0);
  EXPECT_EQ(header.omega_step_deg, 0.1);
  EXPECT_NEAR(header.geometry.distance_m, 0.2372, 1e-4);
  EXPECT_NEAR(header.geometry.beam_col_px, 2049.384, 1e-3);
  EXPECT_EQ(header.saturation_value, 21517u);
  EXPECT_EQ(header.detector_description, "Dectris EIGER2 Si 16M");
  EXPECT_FALSE(header.pixel_mask);
  EXPECT_THAT(warnings, Contains(HasSubstr("pixel mask")));  // the recording cut it to four bytes

  const auto parsed = parse_stream2(bytes_of_file(folder / "image.cbor"));
  const auto frame =
      make_frame(std::get<ImageMessage>(parsed), choose_channel(std::get<StartMessage>(start), ""));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame.value().shape, header.shape);
  EXPECT_EQ(frame.value().encoding, Encoding::bslz4);
  EXPECT_EQ(frame.value().bytes.size(), 513082u);
  std::vector<std::byte> pixels(header.frame_bytes());
  ASSERT_EQ(decode_chunk(Encoding::bslz4, 2, frame.value().bytes.view(), pixels), ChunkError::none);
  EXPECT_EQ(md5_hex(pixels), "2e9f38756cff141a6dcb0943c5988f0b");

  const auto end = parse_stream2(bytes_of_file(folder / "end.cbor"));
  EXPECT_EQ(std::get<EndMessage>(end).series.scan_id, header.scan_id);
}

TEST(Stream2Decode, EachPixelTypeAndCompressionIsTold) {
  const auto array = [](std::uint64_t tag, std::string_view algorithm, std::uint64_t element) {
    return [=](CborWriter& out) {
      out.tag(40).array(2).array(2).unsigned_integer(1).unsigned_integer(1).tag(tag);
      out.tag(56500).array(3).text(algorithm).unsigned_integer(element).bytes(from_hex("aabb"));
    };
  };
  EXPECT_EQ(array_error(array(64, "bslz4", 1)), "");
  EXPECT_EQ(array_error(array(69, "lz4", 0)), "");
  EXPECT_EQ(array_error(array(70, "bszstd", 4)), "");
  EXPECT_EQ(array_error(array(85, "bs-zstd", 4)), "");
  EXPECT_THAT(array_error(array(69, "bslz4", 4)), HasSubstr("elements of 4 bytes do not fit pixels of 2"));
  EXPECT_THAT(array_error(array(65, "bslz4", 2)), HasSubstr("big-endian"));
  EXPECT_THAT(array_error(array(78, "bslz4", 4)), HasSubstr("signed"));
  EXPECT_THAT(array_error(array(999, "bslz4", 4)), HasSubstr("tag 999"));
  EXPECT_THAT(array_error(array(69, "jpeg", 2)), HasSubstr("unknown compression \"jpeg\""));
}

TEST(Stream2Decode, ImpossibleShapesAndSizesAreRefused) {
  const auto raw = [](std::uint64_t rows, std::uint64_t cols, std::size_t bytes) {
    return array_error([=](CborWriter& out) {
      out.tag(40).array(2).array(2).unsigned_integer(rows).unsigned_integer(cols);
      out.tag(69).bytes(std::vector<std::byte>(bytes));
    });
  };
  EXPECT_EQ(raw(2, 3, 12), "");
  EXPECT_THAT(raw(2, 3, 11), HasSubstr("11 bytes of pixels where 12"));
  EXPECT_THAT(raw(0, 3, 0), HasSubstr("1 to 65535"));
  EXPECT_THAT(raw(65536, 65536, 0), HasSubstr("1 to 65535"));
  EXPECT_THAT(raw(~std::uint64_t{0}, 2, 0), HasSubstr("1 to 65535"));
  EXPECT_THAT(array_error([](CborWriter& out) { out.tag(1040).array(0); }), HasSubstr("column-major"));
  EXPECT_THAT(array_error([](CborWriter& out) { out.bytes({}); }), HasSubstr("tag 40"));
}

TEST(Stream2Decode, AChannelIsChosenByNameAndADamagedOneDoesNotHurtTheOthers) {
  CborWriter out;
  out.map(4)
      .text("type")
      .text("image")
      .text("series_id")
      .unsigned_integer(3)
      .text("image_id")
      .unsigned_integer(7);
  out.text("data")
      .map(2)
      .text("difference")
      .tag(40)
      .array(2)
      .array(2)
      .unsigned_integer(1)
      .unsigned_integer(1);
  out.tag(78).bytes(from_hex("00000000"));
  out.text("threshold_2")
      .tag(40)
      .array(2)
      .array(2)
      .unsigned_integer(1)
      .unsigned_integer(1)
      .tag(64)
      .bytes(from_hex("2a"));
  const auto message = parse_stream2(Bytes::own(out.take()));
  const auto& image = std::get<ImageMessage>(message);
  EXPECT_EQ(make_frame(image, "").error().reason, DropReason::decode_error);
  ASSERT_TRUE(make_frame(image, "threshold_2"));
  EXPECT_EQ(make_frame(image, "threshold_2").value().bytes.view()[0], std::byte{0x2a});
  EXPECT_THAT(make_frame(image, "threshold_1").error().detail, HasSubstr("no channel \"threshold_1\""));
}

TEST(Stream2Decode, TheDialectBeforeTheReleaseIsNamed) {
  CborWriter out;
  out.map(3).text("type").text("image").text("series_number").unsigned_integer(1).text("image_number");
  out.unsigned_integer(2);
  EXPECT_THAT(damage_of(parse_stream2(Bytes::own(out.take()))).error, HasSubstr("unknown dialect"));
}

TEST(Stream2Decode, OtherMessagesAreUnknownAndOtherBytesDamaged) {
  CborWriter out;
  out.map(1).text("type").text("calibration");
  EXPECT_EQ(std::get<UnknownMessage>(parse_stream2(Bytes::own(out.take()))).type, "calibration");
  EXPECT_THAT(damage_of(parse_hex("")).error, HasSubstr("cut off"));
  EXPECT_THAT(damage_of(parse_hex("7b22687479")).error, HasSubstr("cut off"));
  EXPECT_THAT(damage_of(parse_hex("a1 6161 01")).error, HasSubstr("first key"));
  EXPECT_THAT(damage_of(parse_hex("83 01 02 03")).error, HasSubstr("a map was expected"));
}

TEST(Stream2Decode, AnImageThatIsCutOffStillNamesItsFrame) {
  const auto whole = encode_image(wire_series, wire_frame(2));
  const auto cut = std::vector(whole.begin(), whole.end() - 1);
  const auto damaged = damage_of(parse_stream2(Bytes::own(cut)));
  EXPECT_EQ(damaged.scan_id, "01SAMPLE");
  EXPECT_EQ(damaged.image_id, 2u);
  auto longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_THAT(damage_of(parse_stream2(Bytes::own(longer))).error, HasSubstr("1 bytes are left"));
}

TEST(Stream2Decode, AStartMessageWithoutAPossibleShapeOrPixelTypeIsRefused) {
  const auto start = [](std::uint64_t x, std::uint64_t y, std::string_view dtype) {
    CborWriter out;
    out.map(5).text("type").text("start").text("series_id").unsigned_integer(1);
    out.text("image_size_x")
        .unsigned_integer(x)
        .text("image_size_y")
        .unsigned_integer(y)
        .text("image_dtype")
        .text(dtype);
    return parse_stream2(Bytes::own(out.take()));
  };
  EXPECT_TRUE(std::holds_alternative<StartMessage>(start(65535, 1, "uint8")));
  EXPECT_THAT(damage_of(start(31623, 1000000000, "uint8")).error,
              HasSubstr("1000000000 rows x 31623 columns"));
  EXPECT_THAT(damage_of(start(0, 1, "uint8")).error, HasSubstr("1 to 65535"));
  EXPECT_THAT(damage_of(start(1, 1, "complex128")).error, HasSubstr("complex128"));
}

TEST(Stream2Decode, NonsenseInAStartMessageBecomesUnknown) {
  StartMessage start;
  start.image_size_x = start.image_size_y = 4;
  start.incident_wavelength_angstrom = -1;
  start.pixel_size_x_m = std::numeric_limits<double>::infinity();
  start.beam_center_x_px = 1e300;
  start.detector_translation_m = {0, 0, std::nan("")};
  start.goniometer["omega"] = {std::numeric_limits<double>::infinity(), 0.1};
  std::vector<std::string> warnings;
  const ScanHeader header = make_header(start, "", warnings);
  EXPECT_TRUE(std::isnan(header.geometry.wavelength_angstrom));
  EXPECT_TRUE(std::isnan(header.geometry.pixel_cols_m));
  EXPECT_TRUE(std::isnan(header.geometry.beam_col_px));
  EXPECT_TRUE(std::isnan(header.geometry.distance_m));
  EXPECT_TRUE(std::isnan(header.omega_start_deg));
  EXPECT_EQ(header.omega_step_deg, 0.1);
  EXPECT_EQ(warnings.size(), 4u);  // an absent number (NaN) needs no words
}

TEST(Stream2Decode, AKeyOfTheWrongTypeCostsItsValueAndNotTheScan) {
  CborWriter out;
  out.map(8).text("type").text("start").text("series_id").unsigned_integer(1);
  out.text("image_size_x").unsigned_integer(4).text("image_size_y").unsigned_integer(4);
  out.text("image_dtype").text("uint16").text("beam_center_x").map(1).text("nested").array(1).text("text");
  out.text("pixel_mask").unsigned_integer(7).text("count_time").real(0.5);
  const auto message = parse_stream2(Bytes::own(out.take()));
  const auto& start = std::get<StartMessage>(message);
  EXPECT_EQ(start.count_time_s, 0.5);
  EXPECT_THAT(start.warnings, testing::ElementsAre(HasSubstr("beam_center_x"), HasSubstr("pixel_mask")));
}

TEST(Stream2Decode, WhatIsSentAsNotANumberIsIgnoredWithAWarning) {
  CborWriter out;
  out.map(6).text("type").text("start").text("series_id").unsigned_integer(1);
  out.text("image_size_x").unsigned_integer(4).text("image_size_y").unsigned_integer(4);
  out.text("image_dtype").text("uint16").text("incident_energy").real(std::nan(""));
  const auto message = parse_stream2(Bytes::own(out.take()));
  const auto& start = std::get<StartMessage>(message);
  EXPECT_TRUE(std::isnan(start.incident_energy_ev));
  EXPECT_THAT(start.warnings, testing::ElementsAre("incident_energy is ignored: it is not a number"));
}

TEST(Stream2Decode, AHugePixelMaskInAFewBytesIsNotAllocated) {
  StartMessage start;
  start.image_size_x = start.image_size_y = 65535;
  EncodedArray mask{{65535, 65535}, PixelType::u32, Encoding::bslz4, Bytes::own(from_hex("00")), ""};
  start.pixel_mask.push_back({"", mask});
  std::vector<std::string> warnings;
  EXPECT_FALSE(make_header(start, "", warnings).pixel_mask);
  EXPECT_THAT(warnings, Contains(HasSubstr("256.0 MiB")));
}

}  // namespace
}  // namespace braggd
