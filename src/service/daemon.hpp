// The service: takes scans for as long as it lives, and is watched and steered meanwhile.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/service_config.hpp"
#include "service/alarm_board.hpp"
#include "service/configurations.hpp"
#include "service/scan_intake.hpp"
#include "service/scan_record.hpp"
#include "service/service_totals.hpp"
#include "service/session.hpp"
#include "service/steering.hpp"

namespace braggd {

/// Apart from health: a service that runs may be in alarm, one that is idle may be in order.
///   idle      no scan; with `ready` the next will be taken
///   armed     a scan's start has come, none of its frames
///   running   frames come
///   draining  the frames of the last scan, or of one that was stopped, are being finished
///   fault     frames cannot be received
enum class ServiceState : std::uint8_t { starting, idle, armed, running, draining, fault };

constexpr std::string_view name_of(ServiceState state) {
  constexpr std::array<std::string_view, 6> names{"starting", "idle",     "armed",
                                                  "running",  "draining", "fault"};
  return names[static_cast<std::size_t>(state)];
}

/// Whether an order could be followed, and why not.
struct Verdict {
  bool done = true;
  std::string why_not;
};

class Daemon {
 public:
  /// `load` reads the pipeline anew for a reload; `plan` is what it gave at the start. Throws ConfigError where a sink's
  /// socket cannot be opened.
  Daemon(Configurations::Loader load, Plan plan, const SessionOptions& options);
  ~Daemon();

  /// Delivers scans until the source has no more, or SIGINT or SIGTERM comes. Throws ConfigError where the source cannot
  /// be built at the start.
  SessionResult run();

  // Orders; any thread.
  Verdict start();
  /// Drains: what has arrived is processed, an open scan ends as incomplete; then no scan is taken until `start`.
  Verdict stop();
  /// Discards the scans that are open or being finished; the next one is taken.
  Verdict abort();
  /// The pipeline file as it is now, from the next scan on; false: it is the one in force. Throws ConfigProblems or
  /// ConfigError.
  bool reload();
  Verdict roll_back();
  /// Where a stage names a model of the store and another one is active now: that one, from the next scan on. What does not
  /// work is an alarm.
  void take_active_models();
  /// Lets rules look at the scans that are not over.
  void steer();
  /// Ends `run` after draining.
  void quit();

  // Looks; any thread.
  ServiceState state() const;
  bool ready() const { return ready_; }
  ServiceTotals totals() const;
  std::optional<Strays> strays() const;
  std::string fault() const;
  const ScanIntake& intake() const { return intake_; }
  const PreviewSampler& preview() const { return preview_; }
  const ScanHistory& history() const { return history_; }
  const Configurations& configurations() const { return configurations_; }
  const ServiceConfig& config() const { return config_; }
  AlarmBoard& alarms() { return alarms_; }
  std::uint64_t started_ns() const { return started_ns_; }
  /// Of the scan that began last, with its name; empty before the first.
  std::pair<std::string, PeakProfile> profile() const;

  /// Called after each scan with its record; set before `run`.
  std::function<void(const nlohmann::ordered_json& record)> on_scan;

 private:
  ScanEvents events();
  void on_report(PassingScan& scan, const ScanReport& report);
  void adopt(const std::shared_ptr<Engine>& engine);
  void refuse(const std::shared_ptr<Engine>& engine, const std::string& why);
  void take_next(const std::shared_ptr<Engine>& engine);
  std::shared_ptr<Source> make_source(bool first);
  bool wait_until_wanted();

  const SessionOptions options_;
  const ServiceConfig config_;
  const std::uint64_t started_ns_;
  AlarmBoard alarms_;
  PreviewSampler preview_;
  ScanHistory history_;
  Configurations configurations_;
  ScanIntake intake_;
  Steering steering_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool wanted_ = true, quitting_ = false, started_ = false;
  std::atomic<bool> ready_{false}, source_changes_{false};
  std::string fault_;
  std::shared_ptr<Source> source_;
  std::stop_source stop_source_;
  Strays strays_before_;  ///< of sources that are gone
  std::pair<std::string, PeakProfile> last_profile_{"", PeakProfile(0)};
  ServiceTotals totals_;
  SessionResult result_;
};

}  // namespace braggd
