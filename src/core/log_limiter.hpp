// The same complaint at most once a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace braggd {

class LogLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Whether `subject` may be logged now; if so, how many times it was held back since. Subjects are
  /// literals.
  std::optional<std::uint64_t> admit(std::string_view subject, TimePoint now) {
    const auto [entry, first] = entries_.try_emplace(subject, Entry{now, 0});
    if (!first && now - entry->second.logged < std::chrono::seconds(1)) {
      ++entry->second.held_back;
      return std::nullopt;
    }
    const std::uint64_t held_back = entry->second.held_back;
    entry->second = {now, 0};
    return held_back;
  }

 private:
  struct Entry {
    TimePoint logged;
    std::uint64_t held_back;
  };
  std::map<std::string_view, Entry> entries_;
};

}  // namespace braggd
