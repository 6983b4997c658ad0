#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
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

  /// Prints `text` to standard output with the bar out of its way; the bar comes back while work goes on.
  void print(const std::string& text);

 private:
  void draw(const std::string& line);
  void clear();
  void show(const std::function<ProgressView()>& look, const std::stop_token& stop);

  std::mutex terminal_;
  bool drawn_ = false;   // guarded by terminal_
  std::jthread thread_;  // the last member: it uses the others
};

}  // namespace braggd
