// Goes round a few times a second: rates, conditions that are alarms, the log's regular line, systemd.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "service/daemon.hpp"
#include "service/rate_history.hpp"
#include "service/system_notify.hpp"

namespace braggd {

/// While it lives it looks at `daemon` from a thread of its own.
class Watchman {
 public:
  /// `on_round` is called at the end of each round.
  Watchman(Daemon& daemon, std::function<void(const RateHistory&)> on_round);

  RateHistory rates() const;

 private:
  using Clock = std::chrono::steady_clock;

  void go_round(Clock::time_point now);
  void look_at_output();
  void look_at_scan(Clock::time_point now);
  Clock::duration stalled_for(Clock::time_point now) const;
  void look_at_queue(Clock::time_point now);
  void look_at_clock(Clock::time_point now);
  void look_at_strays();
  void look_at_models();
  void tell_systemd(Clock::time_point now);
  void log_statistics(Clock::time_point now);

  Daemon& daemon_;
  std::function<void(const RateHistory&)> on_round_;
  SystemNotify notify_;
  ProgressWatch progress_;
  mutable std::mutex mutex_;
  RateHistory rates_;
  Clock::time_point next_line_, next_look_at_disk_, queue_free_since_, clock_wrong_until_, next_feed_;
  std::int64_t clock_offset_ns_;  ///< time of day less steady clock
  std::uint64_t strays_ = 0;
  bool ready_told_ = false;
  std::string status_told_;
  std::jthread thread_;
};

/// One line for people: "running scan 123: 41200/50000 frames, 0 dropped, 698 fps".
std::string status_line(const Daemon& daemon, double frames_per_second);

}  // namespace braggd
