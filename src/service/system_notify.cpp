#include "service/system_notify.hpp"

#include <systemd/sd-daemon.h>

namespace braggd {

SystemNotify::SystemNotify() {
  std::uint64_t interval_us = 0;
  if (sd_watchdog_enabled(0, &interval_us) > 0) watchdog_ = std::chrono::microseconds(interval_us);
}

void SystemNotify::ready() {
  sd_notify(0, "READY=1");
}

void SystemNotify::stopping() {
  sd_notify(0, "STOPPING=1");
}

void SystemNotify::status(const std::string& line) {
  sd_notify(0, ("STATUS=" + line).c_str());
}

void SystemNotify::feed_watchdog() {
  sd_notify(0, "WATCHDOG=1");
}

void ProgressWatch::update(Clock::time_point now, std::uint64_t in_flight, std::uint64_t finished) {
  if (in_flight == 0 || !in_flight_ || finished != finished_) last_progress_ = now;
  in_flight_ = in_flight > 0;
  finished_ = finished;
}

}  // namespace braggd
