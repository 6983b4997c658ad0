#include "service/daemon.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <spdlog/spdlog.h>

#include <braggd/error.hpp>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "service/report.hpp"
#include "service/scan_alarms.hpp"

namespace braggd {

namespace {

constexpr std::chrono::seconds retry_interval{5};

ServiceConfig service_config(const Plan& plan) {
  auto config = make_config<ServiceConfig>(plan.config.service);
  if (const char* given = std::getenv("STATE_DIRECTORY");
      given != nullptr && config.state_directory.empty()) {
    config.state_directory = std::string(given).substr(0, std::string(given).find(':'));
  }
  return config;
}

std::filesystem::path history_file(const ServiceConfig& config) {
  if (config.state_directory.empty()) return {};
  std::filesystem::create_directories(config.state_directory);
  return config.state_directory / "scans.jsonl";
}

bool same_source(const Plan& one, const Plan& other) {
  return one.source == other.source && one.config.source.settings == other.config.source.settings;
}

}  // namespace

Daemon::Daemon(Configurations::Loader load, Plan plan, const SessionOptions& options)
    : options_(options),
      config_(service_config(plan)),
      started_ns_(unix_ns()),
      preview_(config_.http.empty() ? 0 : config_.preview_hz),
      history_(history_file(config_), config_.history),
      configurations_(std::move(load), plan),
      intake_(std::make_shared<Engine>(std::move(plan)), preview_, events()),
      steering_({alarms_, config_.model_store}) {
  intake_.engine()->open_sinks();
  steering_.set_rules(intake_.engine()->plan.config.rules);
}

Daemon::~Daemon() = default;

ScanEvents Daemon::events() {
  return {.on_begin = [this] { steering_.begin_scan(); },
          .on_report = [this](PassingScan& scan, const ScanReport& report) { on_report(scan, report); },
          .on_adopted = [this](const std::shared_ptr<Engine>& engine) { adopt(engine); },
          .on_refused = [this](const std::shared_ptr<Engine>& engine,
                               const std::string& why) { refuse(engine, why); },
          .on_idle =
              [this] {
                if (!source_changes_ || intake_.open()) return;
                const std::lock_guard lock(mutex_);
                stop_source_.request_stop();
              }};
}

// ---- the life of the service

SessionResult Daemon::run() {
  for (bool first = true; wait_until_wanted(); first = false) {
    const auto source = make_source(first);
    if (!source) continue;
    std::exception_ptr failure;
    try {
      source->run(intake_, stop_source_.get_token());
    } catch (const std::exception& error) {
      spdlog::error("the source has failed: {}", error.what());
      failure = std::current_exception();
      const std::lock_guard lock(mutex_);
      fault_ = error.what();
    }
    ready_ = false;
    intake_.wait();
    const std::lock_guard lock(mutex_);
    if (const auto strays = source->strays()) {
      strays_before_.stale += strays->stale;
      strays_before_.late += strays->late;
      strays_before_.unreadable += strays->unreadable;
      strays_before_.refused_connections += strays->refused_connections;
    }
    source_.reset();
    const bool exhausted = !failure && !stop_source_.stop_requested();
    if (quitting_ || exhausted) break;
  }
  intake_.wait();
  const std::lock_guard lock(mutex_);
  return result_;
}

// False: the service ends. After a fault it waits a while, so that nothing is tried in a circle.
bool Daemon::wait_until_wanted() {
  std::unique_lock lock(mutex_);
  if (!fault_.empty()) wake_.wait_for(lock, retry_interval, [this] { return quitting_; });
  wake_.wait(lock, [this] { return quitting_ || wanted_; });
  if (quitting_) return false;
  stop_source_ = {};
  source_changes_ = false;
  return true;
}

std::shared_ptr<Source> Daemon::make_source(bool first) {
  auto next = configurations_.waiting();
  std::shared_ptr<Source> source;
  try {
    const Plan plan = next ? *next : configurations_.running();
    source = plan.source->make(plan.config.source.settings);
  } catch (const ConfigError& error) {
    if (first) throw;
    if (next) {
      intake_.set_next_engine(nullptr);
      refuse(std::make_shared<Engine>(std::move(*next)), error.what());
      return make_source(first);
    }
    alarms_.raise(
        {"source_failed", Severity::alarm, error.what(), "it is tried again every few seconds", 0, 1});
    const std::lock_guard lock(mutex_);
    fault_ = error.what();
    return nullptr;
  }
  alarms_.clear("source_failed");
  const std::lock_guard lock(mutex_);
  fault_.clear();
  started_ = true;
  source_ = source;
  ready_ = wanted_ && !quitting_;
  if (!ready_) stop_source_.request_stop();
  return source;
}

void Daemon::quit() {
  const std::lock_guard lock(mutex_);
  quitting_ = true;
  stop_source_.request_stop();
  wake_.notify_all();
}

// ---- orders

Verdict Daemon::start() {
  const std::lock_guard lock(mutex_);
  if (wanted_) return {false, "scans are being taken already"};
  wanted_ = true;
  wake_.notify_all();
  return {};
}

Verdict Daemon::stop() {
  const std::lock_guard lock(mutex_);
  if (!wanted_) return {false, "no scans are being taken"};
  wanted_ = false;
  ready_ = false;  // the source takes a moment to end
  stop_source_.request_stop();
  return {};
}

Verdict Daemon::abort() {
  if (intake_.abort()) return {};
  return {false, "there is no scan to abort"};
}

void Daemon::steer() {
  if (const auto scan = intake_.open()) steering_.look(scan->number, facts_of(*scan));
}

void Daemon::take_next(const std::shared_ptr<Engine>& engine) {
  intake_.set_next_engine(engine);
  const bool source_differs = !same_source(engine->plan, configurations_.running());
  const std::lock_guard lock(mutex_);
  source_changes_ = source_differs;
}

bool Daemon::reload() {
  const auto scan = intake_.open();
  try {
    const auto engine = configurations_.load(scan ? scan->run.shared_header() : nullptr);
    if (engine) take_next(engine);
    alarms_.clear("configuration_rejected");
    spdlog::info("reload: {}", engine ? "the configuration is in order and waits for the next scan"
                                      : "nothing has changed");
    return engine != nullptr;
  } catch (const std::exception& error) {
    alarms_.raise({"configuration_rejected", Severity::warning, error.what(),
                   "the configuration before stays in force; mend the file and reload", 0, 1});
    throw;
  }
}

void Daemon::take_active_models() {
  const auto scan = intake_.open();
  try {
    const auto engine = configurations_.load_active_models(scan ? scan->run.shared_header() : nullptr);
    if (engine) {
      take_next(engine);
      spdlog::info("another model is active in the store: it is taken with the next scan");
    }
    alarms_.clear("model_not_taken");
  } catch (const std::exception& error) {
    alarms_.raise({"model_not_taken", Severity::warning, error.what(),
                   "the model before stays in use; promote one that fits", 0, 1});
  }
}

Verdict Daemon::roll_back() {
  const auto engine = configurations_.previous();
  if (!engine) return {false, "no other configuration has been in force since the start"};
  take_next(engine);
  return {};
}

void Daemon::adopt(const std::shared_ptr<Engine>& engine) {
  configurations_.on_adopted(*engine);
  steering_.set_rules(engine->plan.config.rules);
}

void Daemon::refuse(const std::shared_ptr<Engine>& engine, const std::string& why) {
  configurations_.on_refused(*engine, why);
  alarms_.raise({"configuration_rejected", Severity::warning, why,
                 "the configuration before stays in force; mend the file and reload", 0, 1});
  // The source may be that of the configuration that was refused.
  source_changes_ = !same_source(engine->plan, configurations_.running());
}

// ---- scans that ended

void Daemon::on_report(PassingScan& scan, const ScanReport& report) {
  const auto record = scan_record(scan, report);
  history_.add(record);
  {
    const std::lock_guard lock(mutex_);
    totals_.add(report);
    scan.reported = true;
    last_profile_ = {report.summary.scan_id, scan.live.profile()};
    ++result_.scans;
    result_.worst = std::max(result_.worst, report.summary.status);
    result_.output_failed = result_.output_failed || report.output_failed;
  }
  judge_scan(report, alarms_);
  steering_.look(scan.number, facts_of(scan, report));
  spdlog::info("scan={} status={} frames={} peaks={} seconds={:.1f}", report.summary.scan_id,
               name_of(report.summary.status), report.summary.ledger.received, report.peaks, report.seconds);
  if (options_.print) options_.print(options_.json ? report_json(report) : report_text(report));
  if (on_scan) on_scan(record);
}

// ---- looks

ServiceState Daemon::state() const {
  const auto open = intake_.open();
  const bool finishing = intake_.finishing() != nullptr;
  const std::lock_guard lock(mutex_);
  if (open) {
    if (!wanted_ || quitting_ || open->run.aborted()) return ServiceState::draining;
    return open->run.progress().received == 0 ? ServiceState::armed : ServiceState::running;
  }
  if (intake_.beginning_since()) return ServiceState::armed;
  if (finishing) return ServiceState::draining;
  if (!fault_.empty()) return ServiceState::fault;
  return started_ ? ServiceState::idle : ServiceState::starting;
}

ServiceTotals Daemon::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::optional<Strays> Daemon::strays() const {
  const std::lock_guard lock(mutex_);
  Strays sum = strays_before_;
  const auto now = source_ ? source_->strays() : std::nullopt;
  if (!now) return sum.total() > 0 ? std::optional(sum) : std::nullopt;
  sum.stale += now->stale;
  sum.late += now->late;
  sum.unreadable += now->unreadable;
  sum.refused_connections += now->refused_connections;
  return sum;
}

std::string Daemon::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

std::pair<std::string, PeakProfile> Daemon::profile() const {
  if (const auto open = intake_.open()) return {open->run.header().scan_id, open->live.profile()};
  const std::lock_guard lock(mutex_);
  return last_profile_;
}

}  // namespace braggd
