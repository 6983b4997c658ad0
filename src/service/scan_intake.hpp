// Where the service's scans come in, are watched, and are finished while the next one begins.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "pipeline/scan_run.hpp"
#include "service/live_scan.hpp"

namespace braggd {

/// A scan between its start and its report.
struct PassingScan {
  PassingScan(std::uint64_t number_of_it, std::shared_ptr<Engine> engine_of_it,
              std::shared_ptr<const ScanHeader> header, PreviewSampler& preview);

  const std::uint64_t number;  ///< of the service's scans, from 1
  std::shared_ptr<Engine> engine;
  LiveScan live;
  ScanRun run;
  std::uint64_t begun_ns;             ///< since the Unix epoch
  std::atomic<bool> reported{false};  ///< its report is in the service's sums
};

/// What is heard of scans, each call from one of the intake's threads.
struct ScanEvents {
  std::function<void()> on_begin;
  std::function<void(PassingScan&, const ScanReport&)> on_report;
  /// A new engine has taken its first scan; or cannot, in words: then the engine before stays.
  std::function<void(const std::shared_ptr<Engine>&)> on_adopted;
  std::function<void(const std::shared_ptr<Engine>&, const std::string& why)> on_refused;
  std::function<void()> on_idle;
};

/// Takes scans from a source and puts them through an engine; another engine takes over with the next scan. Frames come
/// from one thread; what does not belong to FrameIntake is for any thread.
class ScanIntake final : public FrameIntake {
 public:
  ScanIntake(std::shared_ptr<Engine> engine, PreviewSampler& preview, ScanEvents events);
  ~ScanIntake() override;

  void begin(std::shared_ptr<const ScanHeader> header) override;
  std::uint64_t largest_frame_bytes() const override;
  void push(Frame frame) override { open_->run.push(std::move(frame)); }
  void push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) override {
    open_->run.push_dropped(meta, reason, detail);
  }
  void note(const MessageCounts& so_far) override { open_->run.note(so_far); }
  /// Waits where the scan before is still being finished, and not for this one.
  void end(const ScanEnd& end) override;
  bool given_up() const override { return open_ && open_->run.aborted(); }
  void idle() override { events_.on_idle(); }

  /// The scan that is open, and the one that is being finished; null: none.
  std::shared_ptr<const PassingScan> open() const;
  std::shared_ptr<const PassingScan> finishing() const;
  /// The one of them that began last.
  std::shared_ptr<const PassingScan> newest() const;
  /// Since when a scan is being begun: stages built, files opened. Nothing: none is.
  std::optional<std::chrono::steady_clock::time_point> beginning_since() const;
  std::shared_ptr<Engine> engine() const;
  /// From the next scan on; replaces one that was set before and took none.
  void set_next_engine(std::shared_ptr<Engine> engine);
  /// Gives up the scans that are open or being finished; false: there are none.
  bool abort();
  /// Waits until no scan is being finished.
  void wait();

 private:
  void adopt_next_engine(const std::shared_ptr<const ScanHeader>& header);

  PreviewSampler& preview_;
  ScanEvents events_;
  mutable std::mutex mutex_;
  std::shared_ptr<Engine> engine_, next_engine_;
  std::shared_ptr<PassingScan> open_, finishing_;
  std::optional<std::chrono::steady_clock::time_point> beginning_since_;
  std::uint64_t scans_ = 0;
  std::thread finisher_;
};

}  // namespace braggd
