// A small scan for tests of messages.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <braggd/frame.hpp>

#include "wire/stream2_encode.hpp"

namespace braggd {

inline ScanHeader wire_header(std::uint64_t frames = 3) {
  ScanHeader header;
  header.scan_id = "01SAMPLE";
  header.series_id = 12;
  header.shape = {2, 3};
  header.pixel_type = PixelType::u16;
  header.expected_frames = frames;
  header.omega_start_deg = -10;
  header.omega_step_deg = 0.25;
  header.geometry = {.wavelength_angstrom = 0.18,
                     .energy_ev = 71676,
                     .distance_m = 1.05,
                     .pixel_rows_m = 7.5e-05,
                     .pixel_cols_m = 0.0002,
                     .beam_row_px = 1023.5,
                     .beam_col_px = 1025.25};
  header.pixel_mask =
      std::make_shared<const std::vector<std::uint32_t>>(std::vector<std::uint32_t>{0, 1, 0, 0, 8, 0});
  header.saturation_value = 21517;
  header.count_time_s = 0.1;
  header.frame_time_s = 0.125;
  header.detector_description = "Sample 6";
  header.detector_serial_number = "E-1";
  header.sample_name = "ruby";
  header.start_time = "2024-05-01T12:00:00+02:00";
  return header;
}

/// Raw pixels 10 * index + 0, 1, 2…
inline Frame wire_frame(std::uint64_t index, Shape shape = {2, 3}) {
  std::vector<std::byte> bytes(shape.pixels() * 2);
  for (std::size_t i = 0; i < shape.pixels(); ++i) {
    const auto value = static_cast<std::uint16_t>(10 * index + i);
    std::memcpy(&bytes[2 * i], &value, sizeof value);
  }
  Frame frame;
  frame.meta.index = index;
  frame.meta.frame_number = index;
  frame.shape = shape;
  frame.bytes = Bytes::own(std::move(bytes));
  return frame;
}

inline const SeriesName wire_series{12, "01SAMPLE"};

inline Bytes bytes_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::vector<std::byte> bytes(content.size());
  std::memcpy(bytes.data(), content.data(), content.size());
  return Bytes::own(std::move(bytes));
}

}  // namespace braggd
