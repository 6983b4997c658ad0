#include "service/watchman.hpp"

#include <algorithm>
#include <condition_variable>
#include <spdlog/spdlog.h>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "service/output_disks.hpp"

namespace braggd {

namespace {

using namespace std::chrono_literals;

constexpr auto round_interval = 250ms;
constexpr auto line_interval = 10s;
constexpr auto disk_interval = 2s;

std::int64_t clock_offset() {
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::int64_t>(unix_ns()) -
         std::chrono::duration_cast<std::chrono::nanoseconds>(steady).count();
}

Totals totals_now(const Daemon& daemon) {
  const ServiceTotals ended = daemon.totals();
  Totals totals{ended.ledger.received, ended.ledger.bytes_received, ended.peaks};
  for (const auto& scan : {daemon.intake().finishing(), daemon.intake().open()}) {
    if (!scan) continue;
    const Progress progress = scan->run.progress();
    if (scan->reported) continue;
    totals.frames += progress.received;
    totals.bytes += progress.bytes_received;
    totals.peaks += scan->live.counts().peaks;
  }
  return totals;
}

}  // namespace

std::string status_line(const Daemon& daemon, double frames_per_second) {
  const ServiceState state = daemon.state();
  const auto scan = daemon.intake().newest();
  std::string line(name_of(state));
  if (!scan) {
    if (state == ServiceState::fault) return line + ": " + daemon.fault();
    return line + (daemon.ready() ? ", ready for a scan" : ", not taking scans") + ", " +
           std::to_string(daemon.totals().scans) + " scans since the start";
  }
  const Progress progress = scan->run.progress();
  line += " scan " + printable(progress.scan_id, 60) + ": " + std::to_string(progress.finished);
  if (progress.expected > 0) line += "/" + std::to_string(progress.expected);
  return line + " frames, " + std::to_string(scan->live.counts().dropped_total()) + " dropped, " +
         fmt::format("{:.0f} fps", frames_per_second);
}

Watchman::Watchman(Daemon& daemon, std::function<void(const RateHistory&)> on_round)
    : daemon_(daemon),
      on_round_(std::move(on_round)),
      rates_(Clock::now()),
      next_line_(Clock::now() + line_interval),
      queue_free_since_(Clock::now()),
      clock_wrong_until_(Clock::time_point::min()),
      clock_offset_ns_(clock_offset()),
      thread_([this](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          go_round(Clock::now());
          wake.wait_for(lock, stop, round_interval, [] { return false; });
        }
        notify_.stopping();
      }) {}

RateHistory Watchman::rates() const {
  const std::lock_guard lock(mutex_);
  return rates_;
}

void Watchman::go_round(Clock::time_point now) {
  {
    const Totals totals = totals_now(daemon_);
    const std::lock_guard lock(mutex_);
    rates_.update(now, totals);
  }
  daemon_.steer();
  look_at_scan(now);
  look_at_queue(now);
  look_at_clock(now);
  look_at_strays();
  if (now >= next_look_at_disk_) {
    next_look_at_disk_ = now + disk_interval;
    look_at_output();
    look_at_models();
  }
  tell_systemd(now);
  log_statistics(now);
  on_round_(rates());
}

void Watchman::look_at_output() {
  AlarmBoard& alarms = daemon_.alarms();
  const std::uint64_t least = daemon_.config().disk_low;
  std::string low, closed;
  Severity severity = Severity::warning;
  for (const OutputDisk& disk : output_disks(daemon_.intake().engine()->plan)) {
    if (disk.free_bytes < least)
      low = format_bytes(disk.free_bytes) + " are left in " + disk.directory.string();
    if (disk.free_bytes < least / 10) severity = Severity::alarm;
    if (!disk.writable) closed = disk.directory.string() + " cannot be written to";
  }
  alarms.set(!low.empty(), {"disk_low", severity, low, "make room, or write elsewhere", 0, 1});
  alarms.set(!closed.empty(),
             {"output_closed", Severity::alarm, closed,
              "mount the file system, or mend its permissions; scans are processed, but not written", 0, 1});
}

void Watchman::look_at_models() {
  daemon_.take_active_models();
  std::string gone;
  for (const auto& path : paths_of(daemon_.intake().engine()->plan.config.stages, FieldKind::model)) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) gone = path.string() + " is gone";
  }
  daemon_.alarms().set(
      !gone.empty(),
      {"model_gone", Severity::warning, gone,
       "put the model back: what is loaded stays in use, but a restart or a reload would fail", 0, 1});
}

void Watchman::look_at_scan(Clock::time_point now) {
  AlarmBoard& alarms = daemon_.alarms();
  const auto scan = daemon_.intake().open();
  const auto limit = std::chrono::duration<double>(daemon_.config().silent_after_s);
  const bool silent = scan && now - scan->live.last_frame() > limit && !scan->run.aborted();
  alarms.set(silent,
             {"source_silent", Severity::warning,
              silent ? "scan " + printable(scan->run.header().scan_id, 60) + ": no frame for " +
                           fmt::format("{:.0f} s",
                                       std::chrono::duration<double>(now - scan->live.last_frame()).count())
                     : "",
              "look whether the detector still exposes and the edge nodes are up", 0, 1});
  std::uint64_t in_flight = 0, finished = 0;
  for (const auto& passing : {daemon_.intake().finishing(), scan}) {
    if (!passing) continue;
    const Progress progress = passing->run.progress();
    in_flight += progress.received - std::min(progress.finished, progress.received);
    finished += progress.finished;
  }
  progress_.update(now, in_flight, finished);
  const auto stalled = stalled_for(now);
  const std::chrono::duration<double> too_long(daemon_.config().stalled_after_s);
  alarms.set(
      stalled > too_long / 2,
      {"pipeline_stalled", stalled > too_long ? Severity::alarm : Severity::warning,
       (in_flight > 0 ? std::to_string(in_flight) + " frames are in the pipeline and none has come out for "
                      : "a scan has come and could not be begun for ") +
           fmt::format("{:.0f} s", std::chrono::duration<double>(stalled).count()),
       "look whether the output's file system answers", 0, 1});
}

// For so long frames, or the beginning of a scan, have been stuck.
Watchman::Clock::duration Watchman::stalled_for(Clock::time_point now) const {
  const auto beginning = daemon_.intake().beginning_since();
  return std::max(progress_.stalled(now), beginning ? now - *beginning : Clock::duration::zero());
}

void Watchman::look_at_queue(Clock::time_point now) {
  const ByteBudget& budget = daemon_.intake().engine()->budget;
  const double share =
      static_cast<double>(budget.in_use_bytes()) / static_cast<double>(budget.capacity_bytes());
  if (share < 0.75) queue_free_since_ = now;
  daemon_.alarms().set(
      now - queue_free_since_ > 2s,
      {"queue_full", Severity::warning,
       fmt::format("frames in flight fill {:.0f} % of the memory budget", 100 * share),
       "frames come faster than they are processed: lower the rate, give more threads, or fewer stages", 0,
       1});
}

void Watchman::look_at_clock(Clock::time_point now) {
  constexpr std::int64_t tolerated_ns = 2'000'000'000;
  const std::int64_t step_ns = clock_offset() - clock_offset_ns_;
  if (std::abs(step_ns) > tolerated_ns) {
    clock_offset_ns_ += step_ns;
    clock_wrong_until_ = now + 10min;
    daemon_.alarms().raise(
        {"clock_set", Severity::warning,
         fmt::format("the time of day was set by {:+.1f} s", static_cast<double>(step_ns) * 1e-9),
         "times of frames before and after do not fit together; look at the time service", 0, 1});
  } else if (now > clock_wrong_until_) {
    daemon_.alarms().clear("clock_set");
  }
}

void Watchman::look_at_strays() {
  const auto strays = daemon_.strays();
  const std::uint64_t now = strays ? strays->total() : 0;
  if (now > strays_) {
    daemon_.alarms().raise(
        {"messages_of_no_scan", Severity::warning,
         fmt::format("{} messages belonged to no scan (stale {}, late {}, unreadable {})", now, strays->stale,
                     strays->late, strays->unreadable),
         "start braggd before the detector is armed; look whether two clients share an edge node", 0, 1});
  }
  strays_ = now;
}

void Watchman::tell_systemd(Clock::time_point now) {
  if (!ready_told_ && daemon_.ready()) {
    notify_.ready();
    ready_told_ = true;
  }
  const std::string line = status_line(daemon_, rates().now().frames_per_second);
  if (line != status_told_) notify_.status(status_told_ = line);
  const auto interval = notify_.watchdog_interval();
  if (!interval || now < next_feed_ || stalled_for(now) > *interval / 2) return;
  next_feed_ = now + *interval / 4;
  notify_.feed_watchdog();
}

void Watchman::log_statistics(Clock::time_point now) {
  if (now < next_line_) return;
  next_line_ = now + line_interval;
  const auto scan = daemon_.intake().open();
  if (!scan) return;
  const Progress progress = scan->run.progress();
  const LiveCounts counts = scan->live.counts();
  const Rates rate = rates().now();
  const ByteBudget& budget = scan->engine->budget;
  spdlog::info(
      "scan={} received={} finished={} dropped={} peaks={} frames_per_s={:.0f} MB_per_s={:.0f} queue={:.0f}%",
      progress.scan_id, progress.received, progress.finished, counts.dropped_total(), counts.peaks,
      rate.frames_per_second, rate.bytes_per_second * 1e-6,
      100 * static_cast<double>(budget.in_use_bytes()) / static_cast<double>(budget.capacity_bytes()));
}

}  // namespace braggd
