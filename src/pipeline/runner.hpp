// The running pipeline: takes scans from a source, one after the other, and accounts for every frame.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <braggd/source.hpp>

#include "core/byte_budget.hpp"
#include "core/latency_histogram.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/scan_graph.hpp"

namespace braggd {

/// What is to be told about a finished scan.
struct ScanReport {
  ScanSummary summary;
  std::vector<std::filesystem::path> outputs;
  std::vector<StepReport> steps;
  std::uint64_t peaks = 0;                ///< in the first sink that takes peaks
  bool output_failed = false;             ///< a sink could not write its result
  std::optional<AnomalySummary> anomaly;  ///< of the first sink that has one
  double seconds = 0;                     ///< from begin to the last sink's end
  LatencyHistogram latency;  ///< from a frame's arrival until the first sink had taken its result
};

/// A moment of a running scan; for progress bars and status lines.
struct Progress {
  std::string scan_id;  ///< empty between scans
  std::uint64_t expected = 0, received = 0, finished = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t scans_finished = 0;
};

/// Frames of more numbers than this are not believed: ledgers and files have a row for each.
inline constexpr std::uint64_t max_frames_per_scan = 10'000'000;

class Runner final : public FrameIntake {
 public:
  /// `on_report` is called from the source's thread at the end of each scan.
  Runner(Plan plan, std::function<void(const ScanReport&)> on_report);
  ~Runner() override;

  void begin(std::shared_ptr<const ScanHeader> header) override;
  std::uint64_t largest_frame_bytes() const override { return budget_.capacity_bytes(); }
  void push(Frame frame) override;
  void push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) override;
  ScanSummary end(const ScanEnd& end) override;

  /// Gives the running scan up: frames in flight and those still to come are dropped as aborted. Any thread.
  void abort() { aborted_ = true; }
  Progress progress() const;
  const ByteBudget& budget() const { return budget_; }

 private:
  struct Scan;
  void build_graph();
  bool admit(const FrameMeta& meta);
  void put_dropped(const FrameMeta& meta, DropReason reason);
  void drop_unadmitted(const FrameMeta& meta, std::uint64_t frame_bytes, std::uint64_t needed_bytes);
  void put_missing();
  ScanSummary summarise(const ScanEnd& end) const;

  Plan plan_;
  std::shared_ptr<const Provenance> provenance_;
  std::function<void(const ScanReport&)> on_report_;
  WhenFull when_full_;
  ByteBudget budget_;
  Workers workers_;
  ResourceCache resources_;
  std::atomic<bool> aborted_{false};
  std::unique_ptr<Scan> scan_;

  mutable std::mutex progress_mutex_;
  Progress progress_;
  std::atomic<std::uint64_t> received_{0}, consumed_{0}, bytes_received_{0};
};

}  // namespace braggd
