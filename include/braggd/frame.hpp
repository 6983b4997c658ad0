// A scan's facts and its frames, from the encoded bytes to the sparse pixels.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <braggd/bytes.hpp>

namespace braggd {

/// Rows (slow axis) before columns (fast axis), always.
struct Shape {
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  constexpr std::uint64_t pixels() const { return std::uint64_t{rows} * cols; }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

enum class PixelType : std::uint8_t { u8, u16, u32, f32 };

constexpr std::size_t bytes_per_pixel(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return 1;
    case PixelType::u16:
      return 2;
    case PixelType::u32:
    case PixelType::f32:
      return 4;
  }
  return 0;
}

constexpr std::string_view name_of(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return "u8";
    case PixelType::u16:
      return "u16";
    case PixelType::u32:
      return "u32";
    case PixelType::f32:
      return "f32";
  }
  return "?";
}

/// How a frame's bytes are packed. `lz4`, `bslz4` and `bszstd` are the chunk layouts of the HDF5 filters 32004 and
/// 32008 (12-byte header: u64 total bytes, u32 block bytes, both big-endian).
enum class Encoding : std::uint8_t { raw, lz4, bslz4, bszstd };

constexpr std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::raw:
      return "raw";
    case Encoding::lz4:
      return "lz4";
    case Encoding::bslz4:
      return "bslz4";
    case Encoding::bszstd:
      return "bszstd";
  }
  return "?";
}

/// Where the detector stands. NaN: the source did not say.
struct Geometry {
  double wavelength_angstrom = std::numeric_limits<double>::quiet_NaN();
  double energy_ev = std::numeric_limits<double>::quiet_NaN();
  double distance_m = std::numeric_limits<double>::quiet_NaN();
  double pixel_rows_m = std::numeric_limits<double>::quiet_NaN();  ///< pixel height
  double pixel_cols_m = std::numeric_limits<double>::quiet_NaN();  ///< pixel width
  double beam_row_px = std::numeric_limits<double>::quiet_NaN();
  double beam_col_px = std::numeric_limits<double>::quiet_NaN();
};

/// The immutable facts of one scan; one `shared_ptr<const ScanHeader>` a scan.
struct ScanHeader {
  std::string scan_id;  ///< as the source names it; a file name is made from it only after cleaning
  std::uint64_t series_id = 0;
  Shape shape;
  PixelType pixel_type = PixelType::u16;
  std::uint64_t expected_frames = 0;                                  ///< 0: unknown until the scan ends
  double omega_start_deg = std::numeric_limits<double>::quiet_NaN();  ///< where frame 0 begins
  double omega_step_deg = std::numeric_limits<double>::quiet_NaN();   ///< width of a frame
  std::vector<double> omega_deg;  ///< centre of each frame, where the steps are not even; else empty
  Geometry geometry;
  std::shared_ptr<const std::vector<std::uint32_t>> pixel_mask;  ///< rows x cols, non-zero is bad; or null
  std::optional<std::uint64_t> saturation_value;                 ///< largest valid raw value
  double count_time_s = std::numeric_limits<double>::quiet_NaN();
  double frame_time_s = std::numeric_limits<double>::quiet_NaN();
  std::string detector_description;
  std::string detector_serial_number;
  std::string sample_name;
  std::string start_time;  ///< ISO 8601, as the source gave it

  /// Centre of frame `index` in degrees, NaN where unknown.
  double omega_of(std::uint64_t index) const {
    if (index < omega_deg.size()) return omega_deg[index];
    return omega_start_deg + omega_step_deg * (static_cast<double>(index) + 0.5);
  }
  /// Bytes of one decoded frame.
  std::uint64_t frame_bytes() const { return shape.pixels() * bytes_per_pixel(pixel_type); }
};

/// What is known of a frame besides its pixels; copied into every product.
struct FrameMeta {
  std::uint64_t index = 0;         ///< place in the scan, dense from 0: the order of all results
  std::uint64_t frame_number = 0;  ///< the detector's own number
  double omega_deg = std::numeric_limits<double>::quiet_NaN();  ///< centre of the frame
  std::uint64_t received_ns = 0;  ///< since the Unix epoch; 0 where it never arrived
  std::uint32_t wire_bytes = 0;   ///< encoded pixel bytes
};

/// Bits of `frames/status` in the result file, OR-ed along the pipeline.
enum FrameStatus : std::uint8_t {
  frame_missing = 1,
  frame_dropped_by_back_pressure = 2,
  frame_decode_error = 4,
  frame_stage_skipped = 8,
  frame_timed_out = 16,
  frame_not_finite = 32,  ///< a floating-point frame held NaN or infinity; those pixels were masked
};

/// A frame as it came: a view of the message or chunk, nothing copied. When the last holder lets go, its memory
/// returns to the budget.
struct Frame {
  FrameMeta meta;
  Shape shape;
  PixelType pixel_type = PixelType::u16;
  Encoding encoding = Encoding::raw;
  Bytes bytes;
};

/// Decoded, possibly corrected pixels, rows x cols, row-major. NaN marks a pixel without a value: masked, no-data
/// (2^N-1 and 2^N-2 of N-bit integers) or not finite.
struct DenseFrame {
  FrameMeta meta;
  Shape shape;
  std::uint8_t status = 0;
  std::vector<float> pixels;
  std::vector<std::uint32_t>
      saturated;  ///< pixel indices whose raw value reached the saturation value, ascending
};

/// Bits of a pixel of a SparseFrame.
enum PixelFlag : std::uint8_t {
  pixel_beside_mask = 1,  ///< one of its 8 neighbours has no value
  pixel_saturated = 2,
};

struct FlaggedPixel {
  std::uint32_t ordinal = 0;  ///< position in SparseFrame::index
  std::uint8_t flags = 0;     ///< PixelFlag
  friend constexpr bool operator==(const FlaggedPixel&, const FlaggedPixel&) = default;
};

/// The pixels at or above threshold: parallel arrays, ascending by index (= row * cols + col).
struct SparseFrame {
  FrameMeta meta;
  Shape shape;
  std::uint8_t status = 0;
  float at_least = std::numeric_limits<float>::quiet_NaN();  ///< the threshold; NaN: not known
  std::vector<std::uint32_t> index;
  std::vector<float> value;           ///< corrected counts
  std::vector<FlaggedPixel> flagged;  ///< the few that carry a flag, ascending by ordinal
};

}  // namespace braggd
