#include "service/run_service.hpp"

#include <cstdio>
#include <optional>
#include <spdlog/spdlog.h>

#include "core/text.hpp"
#include "service/event_feed.hpp"
#include "service/http_server.hpp"
#include "service/progress_display.hpp"
#include "service/report.hpp"
#include "service/signals.hpp"
#include "service/status_json.hpp"
#include "service/watchman.hpp"

namespace braggd {

namespace {

ProgressView progress_of(const ScanIntake& intake) {
  const auto scan = intake.newest();
  if (!scan) return {};
  const Progress progress = scan->run.progress();
  return {"scan " + printable(progress.scan_id, 60), progress.finished, progress.expected};
}

void print_report(const std::string& text, std::optional<ProgressDisplay>& display) {
  if (display) return display->print(text);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string line_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// A new status for those who listen: twice a second, and at once when something has changed.
class StatusNews {
 public:
  StatusNews(Daemon& daemon, EventFeed& feed) : daemon_(daemon), feed_(feed) {}

  void look(const RateHistory& rates) {
    const auto now = std::chrono::steady_clock::now();
    const Look look{daemon_.state(), daemon_.ready(), daemon_.alarms().version()};
    if (look == last_ && now < due_) return;
    last_ = look;
    due_ = now + std::chrono::milliseconds(500);
    feed_.set_status(line_of(status_json(daemon_, rates)));
  }

 private:
  struct Look {
    ServiceState state = ServiceState::starting;
    bool ready = false;
    std::uint64_t alarms = 0;
    bool operator==(const Look&) const = default;
  };
  Daemon& daemon_;
  EventFeed& feed_;
  Look last_;
  std::chrono::steady_clock::time_point due_{};
};

}  // namespace

SessionResult run_service(const Configurations::Loader& load, SessionOptions options) {
  Plan plan = load();
  log_start(plan);
  std::optional<ProgressDisplay> display;
  if (options.progress || options.json)
    options.print = [&](const std::string& text) { print_report(text, display); };
  EventFeed feed;
  Daemon daemon(load, std::move(plan), options);
  daemon.on_scan = [&](const nlohmann::ordered_json& record) { feed.add_scan(line_of(record)); };
  StatusNews news(daemon, feed);
  Watchman watchman(daemon, [&](const RateHistory& rates) { news.look(rates); });
  std::optional<HttpServer> http;
  if (!daemon.config().http.empty()) http.emplace(daemon, watchman, feed);
  const SignalWatcher signals({.on_stop = [&] { daemon.quit(); },
                               .on_abort = [&] { daemon.abort(); },
                               .on_reload =
                                   [&] {
                                     try {
                                       daemon.reload();
                                     } catch (const std::exception&) {
                                       // an alarm says it
                                     }
                                   }});
  if (options.progress) display.emplace([&] { return progress_of(daemon.intake()); });
  const SessionResult result = daemon.run();
  if (const auto strays = daemon.strays(); strays && options.print) {
    options.print(options.json ? strays_json(*strays) : strays_text(*strays));
  }
  display.reset();
  return result;
}

}  // namespace braggd
