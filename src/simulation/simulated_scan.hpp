// A scan that nobody measured, whose every spot is known.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/scan_reader.hpp"
#include "simulation/config.hpp"
#include "simulation/frame_renderer.hpp"
#include "simulation/spots.hpp"

namespace braggd {

/// A scan as a ScanReader. A frame depends on the configuration and its index alone: not on what was read before, nor
/// on the thread. The constructor throws ConfigError.
class SimulatedScan final : public ScanReader {
 public:
  explicit SimulatedScan(const SimulationConfig& config);

  std::shared_ptr<const ScanHeader> header() const override { return header_; }
  Result<Frame> read(std::uint64_t index) override;

  /// All subspots, ascending by spot, then subspot (uniform layout: by frame).
  const std::vector<TrueSpot>& truth() const { return spots_.spots(); }
  /// What is on a frame, in the order of truth().
  std::vector<TruthRow> truth_of_frame(std::uint64_t index) const;
  /// The flat table: one row a subspot and frame, ascending by frame. May be large; truth_of_frame gives it in parts.
  std::vector<TruthRow> truth_table() const;
  /// Expected counts without background, noise and gaps, rows x cols; zeros beyond the last frame.
  std::vector<float> expected(std::uint64_t index);
  /// rows x cols, non-zero is bad: a counter's gaps, a panel's hot pixels.
  std::vector<std::uint8_t> mask() const { return renderer_.detector().mask(); }

 private:
  std::vector<SpotProfile> profiles(std::uint64_t index) const;

  SimulationConfig config_;
  FrameRenderer renderer_;
  SpotTable spots_;
  std::shared_ptr<const ScanHeader> header_;
};

/// Frames of the same detector without beam: pedestal and noise of a panel, zeros of a counter.
class SimulatedDark final : public ScanReader {
 public:
  SimulatedDark(const SimulationConfig& config, std::uint64_t frames);

  std::shared_ptr<const ScanHeader> header() const override { return header_; }
  Result<Frame> read(std::uint64_t index) override;

 private:
  FrameRenderer renderer_;
  std::shared_ptr<const ScanHeader> header_;
};

}  // namespace braggd
