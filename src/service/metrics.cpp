#include "service/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <prometheus/text_serializer.h>
#include <span>
#include <sstream>
#include <utility>

#include "core/text.hpp"
#include "core/version.hpp"
#include "formats/hdf5_times.hpp"
#include "service/output_disks.hpp"

namespace braggd {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

using Bounds = std::span<const double>;

constexpr std::array<double, 12> latency_bounds_s{0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                  0.1,   0.2,   0.5,   1,    5,    30};
constexpr std::array<double, 12> work_bounds_s{1e-5,  3e-5, 1e-4, 3e-4, 0.001, 0.002,
                                               0.005, 0.01, 0.03, 0.1,  1,     10};

class Families {
 public:
  void add(MetricType type, const std::string& name, const std::string& help, double value,
           Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    add(type, name, help, std::move(metric));
  }
  void counter(const std::string& name, const std::string& help, std::uint64_t value, Labels labels = {}) {
    add(MetricType::Counter, name, help, static_cast<double>(value), std::move(labels));
  }
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    add(MetricType::Gauge, name, help, value, std::move(labels));
  }
  /// `sum_s`: of the durations; the histogram's own is true to 1/32.
  void histogram(const std::string& name, const std::string& help, const LatencyHistogram& durations,
                 Bounds bounds_s, double sum_s, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    for (const double bound_s : bounds_s) {
      metric.histogram.bucket.push_back(
          {durations.at_most(static_cast<std::uint64_t>(bound_s * 1e9)), bound_s});
    }
    metric.histogram.sample_count = durations.total();
    metric.histogram.bucket.push_back({durations.total(), std::numeric_limits<double>::infinity()});
    metric.histogram.sample_sum = sum_s;
    add(MetricType::Histogram, name, help, std::move(metric));
  }
  void add(MetricType type, const std::string& name, const std::string& help, ClientMetric metric) {
    auto family = std::ranges::find(families_, name, &MetricFamily::name);
    if (family == families_.end()) family = families_.insert(family, {name, help, type, {}});
    family->metric.push_back(std::move(metric));
  }
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  std::vector<MetricFamily> families_;
};

// What has happened since the start, scans included that are not over.
struct Sums {
  ServiceTotals ended;
  std::uint64_t received = 0, bytes = 0, peaks = 0, finished = 0, in_flight = 0;
  MessageCounts messages;
  std::array<std::uint64_t, drop_reason_names.size()> dropped{};
  std::vector<StepReport> steps, sinks;  ///< one of a label
  LatencyHistogram latency;
};

void add_live(Sums& sums, const PassingScan& scan) {
  const Progress progress = scan.run.progress();
  const LiveCounts counts = scan.live.counts();
  sums.in_flight += progress.received - std::min(progress.received, progress.finished);
  if (scan.reported) return;
  sums.received += progress.received;
  sums.bytes += progress.bytes_received;
  sums.messages += progress.messages;
  sums.peaks += counts.peaks;
  sums.finished += progress.finished;
  for (std::size_t i = 0; i < counts.dropped.size(); ++i) sums.dropped[i] += counts.dropped[i];
  for (const StepReport& step : scan.run.steps()) add_step(sums.steps, step);
  for (const StepReport& sink : scan.run.sinks()) add_step(sums.sinks, sink);
  sums.latency.add(scan.run.latency());
}

// Of one moment: a scan whose report comes in meanwhile would be in both sums or in neither, and Prometheus takes a counter
// that goes back for a restart, and what it counted until then for new.
Sums sums_of(const Daemon& daemon) {
  while (true) {
    Sums sums;
    sums.ended = daemon.totals();
    const Ledger& ledger = sums.ended.ledger;
    sums.received = ledger.received;
    sums.bytes = ledger.bytes_received;
    sums.messages = {ledger.duplicate, ledger.stale, ledger.early, ledger.unreadable};
    sums.peaks = sums.ended.peaks;
    sums.finished = ledger.processed + ledger.dropped_total();
    sums.dropped = ledger.dropped;
    sums.steps = sums.ended.steps;
    sums.sinks = sums.ended.sinks;
    sums.latency = sums.ended.latency;
    const auto open = daemon.intake().open();  // first: it becomes the one that is being finished
    const auto finishing = daemon.intake().finishing();
    if (finishing && finishing != open) add_live(sums, *finishing);
    if (open) add_live(sums, *open);
    if (daemon.totals().scans == sums.ended.scans) return sums;
  }
}

void add_frames(Families& out, const Sums& sums, const std::string& source) {
  const Labels labels{{"source", source}};
  const Ledger& ledger = sums.ended.ledger;
  out.counter("braggd_frames_received_total", "Distinct frames that arrived.", sums.received, labels);
  out.counter("braggd_frames_processed_total", "Frames that came out of the pipeline, tombstones too.",
              sums.finished, labels);
  out.counter("braggd_frames_expected_total", "Frames that ended scans had announced.", ledger.expected,
              labels);
  out.counter("braggd_frames_written_total", "Frames of ended scans whose result was written.",
              ledger.written, labels);
  out.counter("braggd_frames_missing_total", "Frames of ended scans that never came.", ledger.missing,
              labels);
  out.counter("braggd_frames_duplicate_total", "Messages with a frame that was there already.",
              sums.messages.duplicate, labels);
  out.counter("braggd_frames_stale_total", "Messages that were outside of their scan.", sums.messages.stale,
              labels);
  out.counter("braggd_frames_early_total", "Frames that came before their scan's start.", sums.messages.early,
              labels);
  out.counter("braggd_messages_unreadable_total", "Messages that could not be parsed.",
              sums.messages.unreadable, labels);
  for (std::size_t i = 0; i < sums.dropped.size(); ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (reason == DropReason::none || reason == DropReason::missing) continue;
    out.counter("braggd_frames_dropped_total", "Frames that were given up, by reason.", sums.dropped[i],
                {{"source", source}, {"reason", std::string(drop_reason_names[i])}});
  }
  out.counter("braggd_bytes_received_total", "Bytes of pixels, as they came.", sums.bytes, labels);
  out.counter("braggd_peaks_total", "Peaks that were found.", sums.peaks);
}

void add_work(Families& out, const Sums& sums) {
  for (const StepReport& step : sums.steps) {
    const Labels labels{{"stage", step.label}};
    out.histogram("braggd_stage_seconds", "Time that a stage worked on a frame.", step.busy, work_bounds_s,
                  static_cast<double>(step.busy_ns) * 1e-9, labels);
    out.counter("braggd_stage_dropped_total", "Frames that a stage gave up.", step.dropped, labels);
  }
  for (const StepReport& sink : sums.sinks) {
    out.histogram("braggd_sink_seconds", "Time that a sink took for a frame, writing included.", sink.busy,
                  work_bounds_s, static_cast<double>(sink.busy_ns) * 1e-9, {{"sink", sink.label}});
  }
  out.histogram("braggd_end_to_end_seconds", "From a frame's arrival until its result was taken.",
                sums.latency, latency_bounds_s, sums.latency.sum_ns() * 1e-9);
}

void add_files(Families& out) {
  for (std::size_t i = 0; i < hdf5::timed_call_names.size(); ++i) {
    const LatencyHistogram& times = hdf5::call_times()[i];
    out.histogram(
        "braggd_hdf5_call_seconds",
        "Time of calls of the HDF5 library for files that are written, until a close is on the disk.", times,
        latency_bounds_s, times.sum_ns() * 1e-9, {{"call", std::string(hdf5::timed_call_names[i])}});
  }
}

void add_scores(Families& out, const ServiceTotals& ended) {
  ClientMetric scores;
  for (std::size_t i = 0; i < ScoreHistogram::at_most.size(); ++i) {
    scores.histogram.sample_count += ended.rei.counts[i];
    scores.histogram.bucket.push_back({scores.histogram.sample_count, ScoreHistogram::at_most[i]});
  }
  scores.histogram.bucket.push_back({scores.histogram.sample_count, std::numeric_limits<double>::infinity()});
  scores.histogram.sample_sum = ended.rei.sum;
  out.add(MetricType::Histogram, "braggd_rei_score", "Rare event indicators of scans that were scored.",
          std::move(scores));
  if (!ended.anomaly || !std::isfinite(ended.anomaly->rei)) return;
  out.gauge("braggd_rei", "Rare event indicator of the last scan that was scored.", ended.anomaly->rei,
            {{"decision", std::string(name_of(ended.anomaly->decision))},
             {"model", printable(ended.anomaly->model_id)}});
}

void add_disks(Families& out, const Plan& plan) {
  for (const OutputDisk& disk : output_disks(plan)) {
    out.gauge("braggd_disk_free_bytes", "Room in an output directory.", static_cast<double>(disk.free_bytes),
              {{"directory", disk.directory.string()}});
  }
}

void add_state(Families& out, Daemon& daemon) {
  const ServiceState now = daemon.state();
  for (int i = 0; i <= static_cast<int>(ServiceState::fault); ++i) {
    const auto state = static_cast<ServiceState>(i);
    out.gauge("braggd_state", "1 for the state that the service is in.", state == now ? 1 : 0,
              {{"state", std::string(name_of(state))}});
  }
  out.gauge("braggd_ready", "1 while the next scan will be taken.", daemon.ready() ? 1 : 0);
  out.gauge("braggd_health", "0 ok, 1 warning, 2 alarm.", static_cast<double>(daemon.alarms().health()));
  for (const Alarm& alarm : daemon.alarms().active()) {
    out.gauge("braggd_alarm", "1 for each alarm that is active.", 1,
              {{"id", alarm.id}, {"severity", std::string(name_of(alarm.severity))}});
  }
  out.gauge("braggd_start_time_seconds", "When the service started, since the Unix epoch.",
            static_cast<double>(daemon.started_ns()) * 1e-9);
}

}  // namespace

std::string Metrics::text() const {
  Families out;
  const Sums sums = sums_of(daemon_);
  const auto engine = daemon_.intake().engine();
  out.gauge("braggd_build_info", "The program.", 1, {{"version", version}});
  add_state(out, daemon_);
  add_frames(out, sums, std::string(engine->plan.source->info.type));
  add_work(out, sums);
  out.gauge("braggd_queue_frames", "Frames in the pipeline.", static_cast<double>(sums.in_flight));
  out.gauge("braggd_queue_bytes", "Bytes that frames in the pipeline are charged.",
            static_cast<double>(engine->budget.in_use_bytes()));
  out.gauge("braggd_queue_capacity_bytes", "The memory budget.",
            static_cast<double>(engine->budget.capacity_bytes()));
  add_disks(out, engine->plan);
  add_files(out);
  for (std::size_t i = 0; i < sums.ended.scans_by_status.size(); ++i) {
    out.counter("braggd_scans_total", "Ended scans, by how they ended.", sums.ended.scans_by_status[i],
                {{"status", std::string(name_of(static_cast<ExitStatus>(i)))}});
  }
  if (const auto strays = daemon_.strays()) {
    out.counter("braggd_stale_messages_total", "Messages that belonged to no scan.", strays->total());
    out.counter("braggd_refused_connections_total", "Connections of peers without a right to connect.",
                strays->refused_connections);
  }
  add_scores(out, sums.ended);
  const auto open = daemon_.intake().open();
  out.gauge("braggd_run_info", "The scan that is open, and the configuration that is in force.", 1,
            {{"scan_id", open ? printable(open->run.header().scan_id, 128) : ""},
             {"configuration_sha256", engine->provenance->configuration_sha256}});
  return out.text();
}

}  // namespace braggd
