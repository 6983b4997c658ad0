#include "wire/stream2_encode.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "unit/wire/stream2_samples.hpp"
#include "wire/stream2_decode.hpp"

namespace braggd {
namespace {

std::vector<Stream2Style> all_styles() {
  std::vector<Stream2Style> styles;
  for (unsigned bits = 0; bits < 16; ++bits) {
    Stream2Style style;
    style.self_described = (bits & 1) != 0;
    style.unknown_keys = (bits & 2) != 0;
    style.cbor = {(bits & 4) != 0, (bits & 8) != 0};
    if ((bits & 2) != 0) style.channels = {"threshold_1", "threshold_2"};
    styles.push_back(style);
  }
  return styles;
}

TEST(Stream2Encode, AHeaderComesBackFromItsStartMessageInEveryStyle) {
  const ScanHeader sent = wire_header();
  for (const auto& style : all_styles()) {
    const auto message = parse_stream2(Bytes::own(encode_start(sent, style)));
    std::vector<std::string> warnings;
    ASSERT_TRUE(std::holds_alternative<StartMessage>(message));
    const ScanHeader got = make_header(std::get<StartMessage>(message), "", warnings);
    EXPECT_TRUE(warnings.empty());
    EXPECT_EQ(got.scan_id, sent.scan_id);
    EXPECT_EQ(got.series_id, sent.series_id);
    EXPECT_EQ(got.shape, sent.shape);
    EXPECT_EQ(got.pixel_type, sent.pixel_type);
    EXPECT_EQ(got.expected_frames, sent.expected_frames);
    EXPECT_EQ(got.omega_start_deg, sent.omega_start_deg);
    EXPECT_EQ(got.omega_step_deg, sent.omega_step_deg);
    EXPECT_EQ(got.geometry.wavelength_angstrom, sent.geometry.wavelength_angstrom);
    EXPECT_EQ(got.geometry.energy_ev, sent.geometry.energy_ev);
    EXPECT_EQ(got.geometry.distance_m, sent.geometry.distance_m);
    EXPECT_EQ(got.geometry.pixel_rows_m, sent.geometry.pixel_rows_m);
    EXPECT_EQ(got.geometry.pixel_cols_m, sent.geometry.pixel_cols_m);
    EXPECT_EQ(got.geometry.beam_row_px, sent.geometry.beam_row_px);
    EXPECT_EQ(got.geometry.beam_col_px, sent.geometry.beam_col_px);
    ASSERT_TRUE(got.pixel_mask);
    EXPECT_EQ(*got.pixel_mask, *sent.pixel_mask);
    EXPECT_EQ(got.saturation_value, sent.saturation_value);
    EXPECT_EQ(got.count_time_s, sent.count_time_s);
    EXPECT_EQ(got.frame_time_s, sent.frame_time_s);
    EXPECT_EQ(got.detector_description, sent.detector_description);
    EXPECT_EQ(got.detector_serial_number, sent.detector_serial_number);
    EXPECT_EQ(got.sample_name, sent.sample_name);
    EXPECT_EQ(got.start_time, sent.start_time);
  }
}

TEST(Stream2Encode, AFrameComesBackFromItsImageMessageInEveryStyle) {
  const Frame sent = wire_frame(5);
  for (const auto& style : all_styles()) {
    const Bytes message = Bytes::own(encode_image(wire_series, sent, style));
    const auto parsed = parse_stream2(message);
    ASSERT_TRUE(std::holds_alternative<ImageMessage>(parsed));
    const auto frame = make_frame(std::get<ImageMessage>(parsed), style.channels.back());
    ASSERT_TRUE(frame);
    const Frame& got = frame.value();
    EXPECT_EQ(got.meta.frame_number, 5u);
    EXPECT_EQ(got.shape, sent.shape);
    EXPECT_TRUE(std::ranges::equal(got.bytes.view(), sent.bytes.view()));
    const auto* first = message.view().data();
    EXPECT_TRUE(got.bytes.view().data() > first &&
                got.bytes.view().data() < first + message.size());  // no copy
  }
}

TEST(Stream2Encode, AnEndMessageNamesItsSeries) {
  for (const auto& style : all_styles()) {
    const auto parsed = parse_stream2(Bytes::own(encode_end(wire_series, style)));
    ASSERT_TRUE(std::holds_alternative<EndMessage>(parsed));
    EXPECT_EQ(std::get<EndMessage>(parsed).series.scan_id, "01SAMPLE");
    EXPECT_EQ(std::get<EndMessage>(parsed).series.series_id, 12u);
  }
}

}  // namespace
}  // namespace braggd
