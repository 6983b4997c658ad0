#include "service/session.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <spdlog/spdlog.h>
#include <stop_token>
#include <utility>

#include "core/text.hpp"
#include "core/version.hpp"
#include "kernels/kernel_set.hpp"
#include "pipeline/runner.hpp"
#include "service/progress_display.hpp"
#include "service/report.hpp"
#include "service/signals.hpp"

namespace braggd {

namespace {

ProgressView view_of(const Progress& progress) {
  if (progress.scan_id.empty()) return {};
  return {"scan " + printable(progress.scan_id, 60), progress.finished, progress.expected};
}

void print(const std::string& text, ProgressDisplay* display) {
  if (display != nullptr) return display->print(text);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

void log_start(const Plan& plan) {
  spdlog::info("braggd={} pipeline={} kernels={} threads={} memory={}", version, plan.config.file.string(),
               name_of(kernel_set()),
               plan.engine().threads == 0 ? "auto" : std::to_string(plan.engine().threads),
               format_bytes(plan.engine().memory));
}

SessionResult run_session(Plan plan, const SessionOptions& options) {
  log_start(plan);
  const auto source = plan.source->make(plan.config.source.settings);
  SessionResult result;
  ProgressDisplay* bar = nullptr;
  Runner runner(std::move(plan), [&](const ScanReport& report) {
    ++result.scans;
    result.worst = std::max(result.worst, report.summary.status);
    result.output_failed = result.output_failed || report.output_failed;
    print(options.json ? report_json(report) : report_text(report), bar);
  });
  std::stop_source stop;
  const SignalWatcher signals(
      {.on_stop = [&] { stop.request_stop(); }, .on_abort = [&] { runner.abort(); }, .on_reload = {}});
  std::optional<ProgressDisplay> display;  // goes before the runner, at which it looks
  if (options.progress) bar = &display.emplace([&] { return view_of(runner.progress()); });
  source->run(runner, stop.get_token());
  if (const auto strays = source->strays()) {
    print(options.json ? strays_json(*strays) : strays_text(*strays), bar);
  }
  return result;
}

}  // namespace braggd
