// What is wrong now, and what to do about it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace braggd {

/// A warning: results may be worse than they could be. An alarm: they are lost or will be.
enum class Severity : std::uint8_t { warning, alarm };
enum class Health : std::uint8_t { ok, warning, alarm };

constexpr std::string_view name_of(Severity severity) {
  return severity == Severity::alarm ? "alarm" : "warning";
}

constexpr std::string_view name_of(Health health) {
  return health == Health::ok ? "ok" : health == Health::warning ? "warning" : "alarm";
}

struct Alarm {
  std::string id;  ///< one word for each kind, such as disk_low
  Severity severity = Severity::warning;
  std::string text;            ///< what is wrong
  std::string hint;            ///< what to do
  std::uint64_t since_ns = 0;  ///< since the Unix epoch
  std::uint64_t count = 1;     ///< how often it was raised since
};

/// The alarms that are active, one of an id. Thread-safe; what changes goes to the log.
class AlarmBoard {
 public:
  void raise(Alarm alarm);
  /// False: it was not active.
  bool clear(std::string_view id);
  /// `alarm` while `wrong`, else none of its id.
  void set(bool wrong, Alarm alarm);

  std::vector<Alarm> active() const;
  Health health() const;
  /// Changes whenever an alarm comes or goes.
  std::uint64_t version() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Alarm> active_;  // in the order in which they came
  std::uint64_t version_ = 0;
};

}  // namespace braggd
