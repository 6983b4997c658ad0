#include "pipeline/runner.hpp"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>
#include <thread>
#include <utility>

#include "core/products.hpp"
#include "core/recycler.hpp"
#include "core/text.hpp"

namespace braggd {

struct Runner::Scan {
  explicit Scan(std::shared_ptr<const ScanHeader> scan_header)
      : header(std::move(scan_header)), log(header->scan_id) {}

  std::shared_ptr<const ScanHeader> header;
  DropLog log;
  Recycler<Frame> frames;
  std::vector<SinkRunner> sinks;
  std::unique_ptr<ScanGraph> graph;
  std::string failure;  ///< why the scan cannot be processed; empty: it can
  DropReason failure_reason = DropReason::stage_error;
  std::vector<bool> seen;
  Ledger ledger;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
};

namespace {

unsigned thread_count(const EngineConfig& engine) {
  return engine.threads != 0 ? engine.threads : std::max(1U, std::thread::hardware_concurrency());
}

void append_reason(std::string& reason, const std::string& more) {
  if (!more.empty()) reason += (reason.empty() ? "" : "; ") + more;
}

}  // namespace

Runner::Runner(Plan plan, std::function<void(const ScanReport&)> on_report)
    : plan_(std::move(plan)),
      provenance_(plan_.provenance()),
      on_report_(std::move(on_report)),
      when_full_(plan_.engine().when_full),
      budget_(plan_.engine().memory),
      workers_(thread_count(plan_.engine()), plan_.engine().pin_threads) {}

Runner::~Runner() = default;

void Runner::begin(std::shared_ptr<const ScanHeader> header) {
  std::string failure;
  if (header->expected_frames > max_frames_per_scan) {
    failure = "it announces " + std::to_string(header->expected_frames) + " frames, more than the limit of " +
              std::to_string(max_frames_per_scan);
    auto unknown = std::make_shared<ScanHeader>(*header);
    unknown->expected_frames = 0;
    header = std::move(unknown);
  }
  scan_ = std::make_unique<Scan>(header);
  scan_->failure = std::move(failure);
  scan_->seen.reserve(header->expected_frames);
  received_ = consumed_ = bytes_received_ = 0;
  {
    const std::lock_guard lock(progress_mutex_);
    progress_.scan_id = header->scan_id;
    progress_.expected = header->expected_frames;
  }
  for (const LogicalSink& sink : plan_.sinks)
    scan_->sinks.emplace_back(sink, SinkContext{header, provenance_});
  build_graph();
}

void Runner::build_graph() {
  const ScanHeader& header = *scan_->header;
  const auto count_consumed = [this] { consumed_.fetch_add(1, std::memory_order_relaxed); };
  const std::uint64_t needed = plan_.bytes_in_flight(header, 0);
  const bool sides_fit = std::max(header.shape.rows, header.shape.cols) <= 65535 && header.shape.pixels() > 0;
  if (scan_->failure.empty() && !sides_fit) {
    scan_->failure = "frames of " + std::to_string(header.shape.rows) + " x " +
                     std::to_string(header.shape.cols) + " pixels are not supported: a side has 1 to 65535";
    scan_->failure_reason = DropReason::wrong_shape;
  } else if (needed > budget_.capacity_bytes()) {
    scan_->failure = "one frame of " + std::to_string(header.shape.rows) + " x " +
                     std::to_string(header.shape.cols) + " pixels needs " + format_bytes(needed) +
                     " in this pipeline, the budget is " + format_bytes(budget_.capacity_bytes()) +
                     ": raise engine.memory";
    scan_->failure_reason = DropReason::too_large;
  }
  if (scan_->failure.empty()) {
    try {
      scan_->graph = std::make_unique<ScanGraph>(plan_, StageContext{scan_->header, resources_}, scan_->sinks,
                                                 workers_, scan_->log, aborted_, count_consumed);
      return;
    } catch (const std::exception& error) {
      scan_->failure = error.what();
    }
  }
  scan_->graph = std::make_unique<ScanGraph>(scan_->sinks, workers_, count_consumed);
  spdlog::error("scan={}: it cannot be processed, its frames are counted and dropped: {}", header.scan_id,
                scan_->failure);
}

bool Runner::admit(const FrameMeta& meta) {
  Ledger& ledger = scan_->ledger;
  auto& seen = scan_->seen;
  const std::uint64_t limit =
      scan_->header->expected_frames != 0 ? scan_->header->expected_frames : max_frames_per_scan;
  if (meta.index >= limit) {
    ++ledger.stale;
    return false;
  }
  if (meta.index >= seen.size()) seen.resize(meta.index + 1);
  if (seen[meta.index]) {
    ++ledger.duplicate;
    return false;
  }
  seen[meta.index] = true;
  ++ledger.received;
  ledger.bytes_received += meta.wire_bytes;
  if (ledger.t_first_ns == 0) ledger.t_first_ns = meta.received_ns;
  ledger.t_last_ns = std::max(ledger.t_last_ns, meta.received_ns);
  received_.store(ledger.received, std::memory_order_relaxed);
  bytes_received_.store(ledger.bytes_received, std::memory_order_relaxed);
  return true;
}

void Runner::put_dropped(const FrameMeta& meta, DropReason reason) {
  scan_->graph->put({.meta = meta, .dropped = reason, .product = {}, .lease = {}});
}

void Runner::drop_unadmitted(const FrameMeta& meta, std::uint64_t frame_bytes, std::uint64_t needed_bytes) {
  const bool too_large = needed_bytes > budget_.capacity_bytes();
  const DropReason reason = too_large ? DropReason::too_large : DropReason::back_pressure;
  scan_->log.warn(meta, reason,
                  too_large
                      ? "its " + format_bytes(frame_bytes) + " exceed the memory budget; raise engine.memory"
                      : "frames come faster than they are processed, and " +
                            format_bytes(budget_.capacity_bytes()) + " of them are in flight");
  put_dropped(meta, reason);
}

void Runner::push(Frame frame) {
  if (!admit(frame.meta)) return;
  const FrameMeta meta = frame.meta;
  if (aborted_) return put_dropped(meta, DropReason::aborted);
  if (!scan_->failure.empty()) return put_dropped(meta, scan_->failure_reason);
  const std::uint64_t bytes = plan_.bytes_in_flight(*scan_->header, frame.bytes.size());
  auto lease = when_full_ == WhenFull::block ? budget_.acquire(bytes) : budget_.try_acquire(bytes);
  if (!lease) return drop_unadmitted(meta, frame.bytes.size(), bytes);
  scan_->graph->put({.meta = meta,
                     .dropped = DropReason::none,
                     .product = scan_->frames.share(std::move(frame)),
                     .lease = std::move(lease)});
}

void Runner::push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) {
  if (!admit(meta)) return;
  scan_->log.warn(meta, reason, detail);
  put_dropped(meta, reason);
}

// Ordered stages wait for every index; sinks give absent frames their rows by themselves.
void Runner::put_missing() {
  if (!scan_->graph->has_ordered_tasks()) return;
  for (std::uint64_t index = 0; index < scan_->ledger.expected; ++index) {
    if (index < scan_->seen.size() && scan_->seen[index]) continue;
    FrameMeta meta;
    meta.index = meta.frame_number = index;
    meta.omega_deg = scan_->header->omega_of(index);
    put_dropped(meta, DropReason::missing);
  }
}

ScanSummary Runner::summarise(const ScanEnd& end) const {
  ScanSummary summary;
  summary.scan_id = scan_->header->scan_id;
  summary.ledger = scan_->ledger;
  Ledger& ledger = summary.ledger;
  ledger.missing = ledger.expected - ledger.received;
  ledger.duplicate += end.duplicate;
  ledger.stale += end.stale;
  ledger.early += end.early;
  ledger.unreadable += end.unreadable;
  summary.status = end.status;
  summary.reason = end.reason;
  if (aborted_) {
    summary.status = ExitStatus::aborted;
    append_reason(summary.reason, "aborted by the operator");
  } else if (!scan_->failure.empty()) {
    summary.status = ExitStatus::failed;
    append_reason(summary.reason, scan_->failure);
  } else if (ledger.missing > 0 && summary.status == ExitStatus::complete) {
    summary.status = ExitStatus::incomplete;
    append_reason(summary.reason, std::to_string(ledger.missing) + " frames are missing");
  }
  return summary;
}

ScanSummary Runner::end(const ScanEnd& end) {
  Ledger& ledger = scan_->ledger;
  ledger.expected = scan_->header->expected_frames != 0 ? scan_->header->expected_frames : scan_->seen.size();
  put_missing();
  scan_->graph->drain();
  ScanReport report;
  report.steps = scan_->graph->report();
  if (!scan_->sinks.empty()) report.latency = scan_->sinks.front().latency();
  scan_->graph.reset();

  const ScanSummary closed = summarise(end);
  for (SinkRunner& sink : scan_->sinks) {
    const ScanSummary of_sink = sink.finish(closed);
    // The scan is as good as the worst of its outputs.
    if (&sink == scan_->sinks.data() || of_sink.status > report.summary.status) report.summary = of_sink;
    if (!sink.output().empty()) report.outputs.push_back(sink.output());
    if (report.peaks == 0) report.peaks = sink.peaks();
    if (!report.anomaly) report.anomaly = sink.anomaly();
    report.output_failed = report.output_failed || !sink.failure().empty();
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - scan_->begun).count();
  {
    const std::lock_guard lock(progress_mutex_);
    progress_.scan_id.clear();
    ++progress_.scans_finished;
  }
  scan_.reset();
  if (on_report_) on_report_(report);
  return report.summary;
}

Progress Runner::progress() const {
  const std::lock_guard lock(progress_mutex_);
  Progress now = progress_;
  now.received = received_;
  now.finished = consumed_ / std::max<std::size_t>(1, plan_.sinks.size());
  now.bytes_received = bytes_received_;
  return now;
}

}  // namespace braggd
