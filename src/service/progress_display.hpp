#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace braggd {

/// What a progress display shows; `total` 0 is unknown.
struct ProgressView {
  std::string what;  ///< "scan ruby"; empty: nothing is going on
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

/// "scan ruby  [#####-----]  720/1440 frames  310 frames/s  2 s left".
std::string progress_line(const ProgressView& view, double frames_per_second, bool bar);

/// Shows a long work's progress on standard error while it lives: a bar on a terminal, a plain line every five seconds
/// otherwise.
class ProgressDisplay {
 public:
  explicit ProgressDisplay(std::function<ProgressView()> look);

 private:
  std::jthread thread_;
};

}  // namespace braggd
