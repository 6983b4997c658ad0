// News for those who listen: the status as it changes, scans as they end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace braggd {

/// What a listener has not heard yet, as server-sent events (WHATWG HTML, 9.2). Thread-safe.
class EventFeed {
 public:
  /// Replaces the status; who is slow hears only the last one.
  void set_status(std::string json);
  void add_scan(std::string json);
  /// Wakes all listeners for good.
  void close();

  /// A place in the feed.
  struct Place {
    std::uint64_t status = 0, scans = 0;
  };
  /// The place of one who wants what comes from now on, and the status at once.
  Place now() const;
  /// What came since `place`, which moves on; after `patience` a comment that keeps the connection alive. False: closed.
  bool wait(Place& place, std::chrono::milliseconds patience, std::string& events);

 private:
  static constexpr std::size_t scans_kept = 100;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool closed_ = false;
  std::string status_;
  std::uint64_t status_number_ = 0;
  std::deque<std::string> scans_;
  std::uint64_t scans_number_ = 0;  ///< of the last one
};

}  // namespace braggd
