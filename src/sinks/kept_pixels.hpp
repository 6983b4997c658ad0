// The pixels that go into the result file beside the peaks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sinks/frame_result.hpp"
#include "sinks/row_table.hpp"

namespace braggd {

struct OffsetRow {
  std::uint64_t offset = 0;
};

/// The group `pixels`: frame_offsets, row, col, intensity and, for KeepPixels::peaks, the peak. Intensities
/// are stored as the detector's integers as long as each of them is one (nothing with a fraction was
/// subtracted), else as f32.
class KeptPixels {
 public:
  /// Throws hdf5::Error.
  KeptPixels(const hdf5::OutputFile& output, const hdf5::Handle& entry, PixelType pixel_type,
             KeepPixels keep);

  /// Appends the pixels of the next frame, whose first peak stands in row `first_peak` of the file's peaks.
  /// Throws OutputError, hdf5::Error.
  void append(const std::vector<PixelRow>& pixels, std::uint64_t first_peak);
  void flush();

 private:
  void write_intensities();
  void widen();

  const hdf5::OutputFile& output_;
  hdf5::Handle group_;
  RowTable<OffsetRow> offsets_;
  RowTable<PixelRow> places_;
  PixelType intensity_type_;
  GrowingColumn intensity_;
  std::vector<float> intensities_;
  std::vector<std::byte> narrowed_;
};

}  // namespace braggd
