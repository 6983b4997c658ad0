// Says why frames are dropped without drowning the log.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include <braggd/error.hpp>
#include <braggd/frame.hpp>

namespace braggd {

/// One line a reason and second, with the number of lines left out. Thread-safe.
class DropLog {
 public:
  explicit DropLog(std::string scan_id) : scan_id_(std::move(scan_id)) {}
  void warn(const FrameMeta& meta, DropReason reason, const std::string& detail);

 private:
  struct Last {
    std::chrono::steady_clock::time_point when{};
    std::uint64_t left_out = 0;
    bool ever = false;
  };
  std::string scan_id_;
  std::mutex mutex_;
  std::array<Last, drop_reason_names.size()> last_;
};

}  // namespace braggd
