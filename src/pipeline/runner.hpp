// A pipeline that takes scans from a source one after the other.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include <braggd/source.hpp>

#include "pipeline/scan_run.hpp"

namespace braggd {

/// Each scan is finished before the next begins; for sources that wait, such as recorded scans.
class Runner final : public FrameIntake {
 public:
  /// Throws ConfigError where a sink's socket cannot be opened. `on_report` is called from the source's thread at the end of each scan.
  Runner(Plan plan, std::function<void(const ScanReport&)> on_report);

  void begin(std::shared_ptr<const ScanHeader> header) override;
  std::uint64_t largest_frame_bytes() const override { return engine_.budget.capacity_bytes(); }
  void push(Frame frame) override { scan_->push(std::move(frame)); }
  void push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) override {
    scan_->push_dropped(meta, reason, detail);
  }
  void end(const ScanEnd& end) override { finish(end); }
  bool given_up() const override;

  /// What `end` does, with the scan's summary.
  ScanSummary finish(const ScanEnd& end);
  /// Gives the running scan up, and those that follow. Any thread.
  void abort();
  /// Of the scan that runs. Any thread.
  Progress progress() const;
  const ByteBudget& budget() const { return engine_.budget; }

 private:
  Engine engine_;
  std::function<void(const ScanReport&)> on_report_;
  mutable std::mutex mutex_;  ///< for who looks at the scan from another thread
  bool aborted_ = false;
  std::unique_ptr<ScanRun> scan_;
};

}  // namespace braggd
