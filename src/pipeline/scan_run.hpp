// One scan on its way through a pipeline.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <braggd/source.hpp>

#include "core/latency_histogram.hpp"
#include "core/recycler.hpp"
#include "pipeline/engine.hpp"

namespace braggd {

/// What is to be told about a finished scan.
struct ScanReport {
  ScanSummary summary;
  std::vector<std::filesystem::path> outputs;
  std::vector<StepReport> steps;
  std::vector<StepReport> sinks;
  std::uint64_t peaks = 0;                ///< in the first sink that takes peaks
  bool output_failed = false;             ///< a sink could not write its result
  std::string output_failure;             ///< why; of the first that could not
  std::optional<AnomalySummary> anomaly;  ///< of the first sink that has one
  double seconds = 0;                     ///< from begin to the last sink's end
  LatencyHistogram latency;  ///< from a frame's arrival until the first sink had taken its result
};

/// A moment of a running scan; for progress bars and status lines.
struct Progress {
  std::string scan_id;  ///< empty between scans
  std::uint64_t expected = 0, received = 0, finished = 0;
  std::uint64_t bytes_received = 0;
  MessageCounts messages;
};

/// Frames of more numbers than this are not believed: ledgers and files have a row for each.
inline constexpr std::uint64_t max_frames_per_scan = 10'000'000;

/// Hears of the frames of scans while they run.
class FrameObserver {
 public:
  virtual ~FrameObserver() = default;
  /// A frame that is about to enter the pipeline; the source waits meanwhile.
  virtual void on_frame(const std::shared_ptr<const ScanHeader>& header, const Frame& frame) = 0;
  /// What the first sink has taken, tombstones too; one call at a time for a scan.
  virtual void on_result(const ScanHeader& header, const Envelope& envelope) = 0;
};

/// From a scan's header to its report. Frames come from one thread; what is said to be for any thread is.
class ScanRun {
 public:
  /// Never throws for what is wrong with the scan or its pipeline: such a scan is counted and dropped, and ends as failed.
  /// `engine` and `observer` (or null) must outlive it.
  ScanRun(Engine& engine, std::shared_ptr<const ScanHeader> header, FrameObserver* observer);
  ~ScanRun();

  void push(Frame frame);
  void push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail);
  /// As FrameIntake's.
  void note(const MessageCounts& so_far);
  /// Waits until every frame is through, counts what is missing, finishes the sinks. Nothing is pushed afterwards.
  ScanReport finish(const ScanEnd& end);

  /// Gives the scan up: frames in flight and those still to come are dropped as aborted. Any thread.
  void abort() { aborted_ = true; }
  bool aborted() const { return aborted_; }
  /// Any thread.
  Progress progress() const;
  /// What its steps have done so far; nothing once it is finished. Any thread.
  std::vector<StepReport> steps() const;
  std::vector<StepReport> sinks() const;
  /// From frames' arrival until the first sink had taken their results, so far.
  LatencyHistogram latency() const;
  const ScanHeader& header() const { return *header_; }
  const std::shared_ptr<const ScanHeader>& shared_header() const { return header_; }
  /// Why the scan cannot be processed; empty: it can.
  const std::string& failure() const { return failure_; }

 private:
  void find_failure();
  void build_graph();
  bool admit(const FrameMeta& meta);
  void put_dropped(const FrameMeta& meta, DropReason reason);
  void drop_unadmitted(const FrameMeta& meta, std::uint64_t frame_bytes, std::uint64_t needed_bytes);
  void put_missing();
  void show_messages();
  ScanSummary summarise(const ScanEnd& end) const;
  void finish_sinks(const ScanSummary& closed, ScanReport& report);

  Engine& engine_;
  std::shared_ptr<const ScanHeader> header_;
  FrameObserver* observer_;
  std::atomic<bool> aborted_{false};
  DropLog log_;
  Recycler<Frame> frames_;
  std::vector<SinkRunner> sinks_;
  mutable std::mutex graph_mutex_;  ///< for who looks at the graph from another thread
  std::unique_ptr<ScanGraph> graph_;
  std::vector<StepReport> last_steps_;  ///< what the graph said before it went
  std::string failure_;
  DropReason failure_reason_ = DropReason::stage_error;
  std::vector<bool> seen_;
  Ledger ledger_;
  MessageCounts noted_;
  mutable std::mutex messages_mutex_;
  MessageCounts messages_;  ///< of the ledger and noted, for who looks from another thread
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> received_{0}, consumed_{0}, bytes_received_{0};
};

}  // namespace braggd
