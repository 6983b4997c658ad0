// What the result file keeps of one frame, apart from the products it came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <braggd/envelope.hpp>

namespace braggd {

enum class KeepPixels : std::uint8_t { none, peaks, all };

/// A row of `frames`.
struct FrameRow {
  std::uint64_t frame_number = 0;
  double omega_deg = 0;
  std::uint8_t status = 0;
  std::uint32_t n_pixels = 0, n_peaks = 0, n_too_small = 0, n_too_big = 0;
  std::uint64_t received_ns = 0;
  std::uint32_t wire_bytes = 0;
};

/// A row of `peaks`.
struct PeakRow {
  std::uint32_t frame = 0;
  double omega_deg = 0;
  std::uint32_t component = 0;
  double row = 0, col = 0;
  double centroid_row = 0, centroid_col = 0;
  float row_error = 0, col_error = 0;
  std::uint8_t position_source = 0;
  std::uint32_t n_pixels = 0;
  double sum_intensity = 0, max_intensity = 0;
  std::uint16_t row_begin = 0, row_end = 0, col_begin = 0, col_end = 0;
  float sigma_row = 0, sigma_col = 0;
  std::uint32_t flags = 0;
  float anomaly_confidence = 0;
  std::uint16_t cluster = 0;
};

/// A row of `pixels`; `peak` counts within the frame here, within the file there.
struct PixelRow {
  std::uint16_t row = 0, col = 0;
  float intensity = 0;
  std::uint32_t peak = 0;
};

struct FrameResult {
  FrameRow frame;
  std::vector<PeakRow> peaks;
  std::vector<PixelRow> pixels;
  bool scored = false;
  FrameAnomaly anomaly;  ///< where scored; without its baseline, which is the scan's
};

/// Each of these fills what it is given anew; the capacity of its vectors is used again.

/// The result of a frame that came through, or of a tombstone. Throws OutputError where pixels are to be kept
/// and the peaks come without them.
void take_result(const Envelope& envelope, const ScanHeader& header, KeepPixels keep, FrameResult& out);

/// The result of a frame that never came.
void take_missing(std::uint64_t index, const ScanHeader& header, FrameResult& out);

/// As bytes for this process only, to be held while it waits for the frames before it.
void pack(const FrameResult& result, std::vector<std::byte>& out);
void unpack(std::span<const std::byte> bytes, FrameResult& out);

}  // namespace braggd
