#include "service/alarm_board.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "core/clock.hpp"

namespace braggd {

void AlarmBoard::raise(Alarm alarm) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(active_, alarm.id, &Alarm::id);
  if (found != active_.end()) {
    if (found->severity != alarm.severity) ++version_;
    found->severity = alarm.severity;
    found->text = std::move(alarm.text);
    ++found->count;
    return;
  }
  const auto level = alarm.severity == Severity::alarm ? spdlog::level::err : spdlog::level::warn;
  spdlog::log(level, "alarm={} raised: {}; {}", alarm.id, alarm.text, alarm.hint);
  alarm.since_ns = unix_ns();
  active_.push_back(std::move(alarm));
  ++version_;
}

bool AlarmBoard::clear(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(active_, id, &Alarm::id);
  if (found == active_.end()) return false;
  spdlog::info("alarm={} cleared", found->id);
  active_.erase(found);
  ++version_;
  return true;
}

void AlarmBoard::set(bool wrong, Alarm alarm) {
  if (wrong) {
    raise(std::move(alarm));
  } else {
    clear(alarm.id);
  }
}

std::vector<Alarm> AlarmBoard::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

Health AlarmBoard::health() const {
  const std::lock_guard lock(mutex_);
  Health worst = Health::ok;
  for (const Alarm& alarm : active_) {
    worst = std::max(worst, alarm.severity == Severity::alarm ? Health::alarm : Health::warning);
  }
  return worst;
}

std::uint64_t AlarmBoard::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace braggd
