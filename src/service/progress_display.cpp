#include "service/progress_display.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <spdlog/spdlog.h>
#include <utility>

#include "service/log.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

// Frames per second over the life of one work; starts anew when the work changes.
class RateMeter {
 public:
  double update(const ProgressView& view) {
    const auto now = Clock::now();
    if (view.what != what_ || view.done < first_done_) {
      what_ = view.what;
      first_done_ = view.done;
      start_ = now;
    }
    const double seconds = std::chrono::duration<double>(now - start_).count();
    return seconds > 0.05 ? static_cast<double>(view.done - first_done_) / seconds : 0;
  }

 private:
  std::string what_;
  std::uint64_t first_done_ = 0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

std::string progress_line(const ProgressView& view, double frames_per_second, bool bar) {
  std::string line = view.what;
  if (bar && view.total > 0) {
    constexpr std::size_t width = 30;
    const auto filled = static_cast<std::size_t>(std::min(view.done, view.total) * width / view.total);
    line += "  [" + std::string(filled, '#') + std::string(width - filled, '-') + "]";
  }
  line +=
      "  " + std::to_string(view.done) + (view.total > 0 ? "/" + std::to_string(view.total) : "") + " frames";
  char text[64];
  std::snprintf(text, sizeof text, "  %.4g frames/s", frames_per_second);
  line += text;
  if (view.total > view.done && frames_per_second > 0) {
    std::snprintf(text, sizeof text, "  %.0f s left",
                  static_cast<double>(view.total - view.done) / frames_per_second);
    line += text;
  }
  return line;
}

void ProgressDisplay::draw(const std::string& line) {
  const std::lock_guard lock(terminal_);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressDisplay::clear() {
  print({});
}

void ProgressDisplay::print(const std::string& text) {
  const std::lock_guard lock(terminal_);
  if (std::exchange(drawn_, false)) {
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
  }
  if (text.empty()) return;
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void ProgressDisplay::show(const std::function<ProgressView()>& look, const std::stop_token& stop) {
  const bool terminal = log_is_terminal();
  constexpr auto tick = std::chrono::milliseconds(200);
  constexpr auto line_interval = std::chrono::seconds(5);
  auto last_line = Clock::now();
  RateMeter meter;
  std::mutex mutex;
  std::condition_variable_any wake;
  meter.update(look());
  while (true) {
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, tick, [] { return false; });
    if (stop.stop_requested()) break;
    const ProgressView view = look();
    const double rate = meter.update(view);
    if (view.what.empty()) {
      clear();
    } else if (terminal) {
      draw(progress_line(view, rate, true));
    } else if (Clock::now() - last_line >= line_interval) {
      last_line = Clock::now();
      spdlog::info("{}", progress_line(view, rate, false));
    }
  }
  clear();
}

ProgressDisplay::ProgressDisplay(std::function<ProgressView()> look)
    : thread_([this, look = std::move(look)](const std::stop_token& stop) { show(look, stop); }) {}

}  // namespace braggd
