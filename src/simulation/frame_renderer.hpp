// From spots to the encoded bytes of a frame.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <braggd/frame.hpp>

#include "simulation/config.hpp"
#include "simulation/detector.hpp"
#include "simulation/spot_shape.hpp"

namespace braggd {

/// Makes frames band by band, so that the work stays in the cache and memory beyond the frame itself is small. Every
/// band has random numbers of its own. Not thread-safe: it keeps its buffers.
class FrameRenderer {
 public:
  explicit FrameRenderer(const SimulationConfig& config);

  /// Frame `index` with `spots` on it.
  Frame exposure(std::uint64_t index, std::span<const SpotProfile> spots);
  /// Frame `index` of a series without beam.
  Frame dark(std::uint64_t index);
  /// What the detector would see on average: expected counts without background, rows x cols.
  std::vector<float> expected(std::span<const SpotProfile> spots);

  const Detector& detector() const { return *detector_; }
  /// The header of a scan of `frames` frames.
  std::shared_ptr<const ScanHeader> header(std::uint64_t frames, const std::string& scan_id) const;

 private:
  Frame render(std::uint64_t index, RandomStream stream, std::span<const SpotProfile> spots);
  Band band_at(std::uint32_t row_begin, std::span<const SpotProfile> spots);
  Bytes encoded(std::vector<std::byte> pixels);

  SimulationConfig config_;
  std::unique_ptr<const Detector> detector_;
  std::vector<float> signal_;  // zero between bands
  std::vector<std::byte> pixels_;
};

}  // namespace braggd
