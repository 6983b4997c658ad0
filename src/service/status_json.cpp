#include "service/status_json.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "service/anomaly_json.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

ordered_json or_null(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json();
}

double seconds_since(std::uint64_t then_ns) {
  const std::uint64_t now = unix_ns();
  return now > then_ns ? static_cast<double>(now - then_ns) * 1e-9 : 0;
}

ordered_json rates_json(const Rates& rates) {
  return {{"frames_per_second", rates.frames_per_second},
          {"bytes_per_second", rates.bytes_per_second},
          {"peaks_per_second", rates.peaks_per_second}};
}

ordered_json history_json(const RateHistory& history) {
  ordered_json frames = ordered_json::array(), bytes = ordered_json::array();
  for (const Rates& rates : history.all()) {
    frames.push_back(rates.frames_per_second);
    bytes.push_back(rates.bytes_per_second);
  }
  return {{"interval_s", std::chrono::duration<double>(RateHistory::interval).count()},
          {"frames_per_second", std::move(frames)},
          {"bytes_per_second", std::move(bytes)}};
}

ordered_json dropped_json(const LiveCounts& counts) {
  ordered_json dropped = ordered_json::object();
  for (std::size_t i = 0; i < counts.dropped.size(); ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (counts.dropped[i] == 0 || reason == DropReason::missing || reason == DropReason::none) continue;
    dropped[std::string(drop_reason_names[i])] = counts.dropped[i];
  }
  return dropped;
}

ordered_json step_json(const char* type, const StepReport& step, std::uint64_t waiting,
                       double frames_per_second, const ordered_json& producer) {
  return {{"label", step.label},
          {"type", type},
          {"in", step.in},
          {"out", step.out},
          {"dropped", step.dropped},
          {"waiting", waiting},
          {"frames_per_second", frames_per_second},
          {"ms_per_frame", step.in == 0 ? ordered_json()
                                        : ordered_json(static_cast<double>(step.busy_ns) * 1e-6 /
                                                       static_cast<double>(step.in))},
          {"producer", producer}};
}

// Labels of the steps by task; and for each task the label of the last.
struct StepNames {
  std::vector<std::string> labels, producers;
  std::vector<std::string> last_of_task;
};

StepNames names_of_steps(const Plan& plan) {
  StepNames names;
  for (const PlanTask& task : plan.tasks) {
    std::string before =
        task.producer ? names.last_of_task[*task.producer] : std::string(plan.source->info.type);
    for (const PlanStep& step : task.steps) {
      names.labels.push_back(step.label);
      names.producers.push_back(before);
      before = step.label;
    }
    names.last_of_task.push_back(before);
  }
  return names;
}

ordered_json steps_json(const Plan& plan, const PassingScan* scan, const Rates& rates) {
  const StepNames names = names_of_steps(plan);
  const Progress progress = scan != nullptr ? scan->run.progress() : Progress{};
  const auto reports = scan != nullptr ? scan->run.steps() : std::vector<StepReport>{};
  const double rate = scan != nullptr ? rates.frames_per_second : 0;
  ordered_json steps = ordered_json::array();
  steps.push_back({{"label", plan.source->info.type},
                   {"type", "source"},
                   {"in", progress.received},
                   {"out", progress.received},
                   {"dropped", 0},
                   {"waiting", 0},
                   {"frames_per_second", rate},
                   {"ms_per_frame", nullptr},
                   {"producer", nullptr}});
  for (std::size_t i = 0; i < names.labels.size(); ++i) {
    StepReport report = i < reports.size() ? reports[i] : StepReport{.label = names.labels[i]};
    const auto before = std::ranges::find(names.labels, names.producers[i]);
    const auto place = static_cast<std::size_t>(before - names.labels.begin());
    const std::uint64_t given = place < reports.size() ? reports[place].out : progress.received;
    steps.push_back(
        step_json("stage", report, given > report.in ? given - report.in : 0, rate, names.producers[i]));
  }
  const auto sinks = scan != nullptr ? scan->run.sinks() : std::vector<StepReport>{};
  for (std::size_t i = 0; i < plan.sinks.size(); ++i) {
    const StepReport report = i < sinks.size() ? sinks[i] : StepReport{.label = plan.sinks[i].name};
    const auto task = plan.task_of(plan.sinks[i].producer);
    steps.push_back(step_json("sink", report,
                              progress.received - std::min(progress.received, progress.finished), rate,
                              task ? names.last_of_task[*task] : std::string(plan.source->info.type)));
  }
  return steps;
}

ordered_json totals_json(const Ledger& ledger) {
  return {{"expected", ledger.expected},
          {"received", ledger.received},
          {"written", ledger.written},
          {"missing", ledger.missing},
          {"dropped", ledger.dropped_total()},
          {"duplicate", ledger.duplicate},
          {"stale", ledger.stale},
          {"early", ledger.early},
          {"unreadable", ledger.unreadable}};
}

ordered_json strays_or_null(const std::optional<Strays>& strays) {
  if (!strays) return nullptr;
  return {{"stale", strays->stale},
          {"late", strays->late},
          {"unreadable", strays->unreadable},
          {"refused_connections", strays->refused_connections}};
}

}  // namespace

ordered_json live_scan_json(const PassingScan& scan, ServiceState state) {
  const Progress progress = scan.run.progress();
  const LiveCounts counts = scan.live.counts();
  ordered_json json{
      {"scan_id", printable(progress.scan_id)},
      {"phase", name_of(state)},
      {"begun", iso_time(scan.begun_ns)},
      {"elapsed_s", seconds_since(scan.begun_ns)},
      {"expected", progress.expected},
      {"received", progress.received},
      {"finished", progress.finished},
      {"dropped", dropped_json(counts)},
      {"dropped_total", counts.dropped_total()},
      {"bytes_received", progress.bytes_received},
      {"duplicate", progress.messages.duplicate},
      {"stale", progress.messages.stale},
      {"early", progress.messages.early},
      {"unreadable", progress.messages.unreadable},
      {"peaks", counts.peaks},
      {"omega_deg", or_null(counts.omega_deg)},
      {"failure", scan.run.failure().empty() ? ordered_json() : ordered_json(printable(scan.run.failure()))},
      {"anomaly", nullptr}};
  if (counts.anomaly) json["anomaly"] = to_json(*counts.anomaly, counts.baseline.get());
  return json;
}

ordered_json alarms_json(const AlarmBoard& alarms) {
  ordered_json list = ordered_json::array();
  for (const Alarm& alarm : alarms.active()) {
    list.push_back({{"id", alarm.id},
                    {"severity", name_of(alarm.severity)},
                    {"since", iso_time(alarm.since_ns)},
                    {"text", alarm.text},
                    {"hint", alarm.hint},
                    {"count", alarm.count}});
  }
  return list;
}

ordered_json status_json(Daemon& daemon, const RateHistory& rates) {
  const ServiceState state = daemon.state();
  const auto open = daemon.intake().open(), finishing = daemon.intake().finishing();
  const auto engine = daemon.intake().engine();
  const ServiceTotals totals = daemon.totals();
  ordered_json scan, ending = ordered_json::array();
  if (open) scan = live_scan_json(*open, state);
  if (finishing) ending.push_back(live_scan_json(*finishing, ServiceState::draining));
  return {
      {"version", version},
      {"pipeline", engine->plan.config.file.stem().string()},
      {"file", engine->plan.config.file.string()},
      {"configuration_sha256", engine->provenance->configuration_sha256},
      {"started", iso_time(daemon.started_ns())},
      {"now", iso_time(unix_ns())},
      {"uptime_s", seconds_since(daemon.started_ns())},
      {"state", name_of(state)},
      {"ready", daemon.ready()},
      {"health", name_of(daemon.alarms().health())},
      {"alarms", alarms_json(daemon.alarms())},
      {"scan", std::move(scan)},
      {"finishing", std::move(ending)},
      {"rates", rates_json(rates.now())},
      {"history", history_json(rates)},
      {"budget",
       {{"used_bytes", engine->budget.in_use_bytes()}, {"capacity_bytes", engine->budget.capacity_bytes()}}},
      {"steps", steps_json(engine->plan, open ? open.get() : finishing.get(), rates.now())},
      {"ledger_total", totals_json(totals.ledger)},
      {"strays", strays_or_null(daemon.strays())},
      {"scans_finished", totals.scans}};
}

ordered_json profile_json(const Daemon& daemon) {
  const auto [scan_id, profile] = daemon.profile();
  ordered_json points = ordered_json::array();
  bool omega_known = false;
  for (const ProfileBin& bin : profile.bins()) {
    if (bin.frames == 0) continue;
    const auto frames = static_cast<double>(bin.frames);
    omega_known = omega_known || std::isfinite(bin.omega_sum_deg);
    points.push_back({{"frame", bin.first_frame},
                      {"omega_deg", or_null(bin.omega_sum_deg / frames)},
                      {"peaks", static_cast<double>(bin.peaks) / frames}});
  }
  return {{"scan_id", scan_id.empty() ? ordered_json() : ordered_json(printable(scan_id))},
          {"omega_known", omega_known},
          {"points", std::move(points)}};
}

ordered_json pipeline_json(const Daemon& daemon) {
  const Plan plan = daemon.configurations().running();
  const auto waiting = daemon.configurations().waiting_sha256();
  ordered_json history = ordered_json::array();
  for (const ConfigurationRecord& record : daemon.configurations().history()) {
    history.push_back({{"sha256", record.sha256},
                       {"since", iso_time(record.since_ns)},
                       {"outcome", name_of(record.outcome)},
                       {"detail", record.detail}});
  }
  return {{"file", plan.config.file.string()},
          {"configuration_sha256", plan.provenance()->configuration_sha256},
          {"text", plan.config.text},
          {"pending_sha256", waiting ? ordered_json(*waiting) : ordered_json()},
          {"history", std::move(history)}};
}

}  // namespace braggd
