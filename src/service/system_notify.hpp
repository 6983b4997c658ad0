// What systemd is told.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace braggd {

/// The notification protocol of sd_notify(3); does nothing where no service manager listens.
class SystemNotify {
 public:
  SystemNotify();

  void ready();
  void stopping();
  void status(const std::string& line);
  /// "We are alive"; to be sent only while work goes on.
  void feed_watchdog();
  /// How often it wants to be fed at least; nothing where it does not.
  std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_; }

 private:
  std::optional<std::chrono::microseconds> watchdog_;
};

/// Decides whether work goes on: frames that are in the pipeline must come out.
class ProgressWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `in_flight`: frames that are in the pipeline;
  /// `finished`: those that ever came out.
  void update(Clock::time_point now, std::uint64_t in_flight, std::uint64_t finished);
  /// For so long frames have been in the pipeline and none came out.
  Clock::duration stalled(Clock::time_point now) const {
    return in_flight_ ? now - last_progress_ : Clock::duration::zero();
  }

 private:
  bool in_flight_ = false;
  std::uint64_t finished_ = 0;
  Clock::time_point last_progress_{};
};

}  // namespace braggd
