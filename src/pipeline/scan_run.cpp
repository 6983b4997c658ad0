#include "pipeline/scan_run.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "core/products.hpp"
#include "core/text.hpp"

namespace braggd {

namespace {

void append_reason(std::string& reason, const std::string& more) {
  if (!more.empty()) reason += (reason.empty() ? "" : "; ") + more;
}

// A scan that announces more frames than are believed is run as one of unknown length.
std::shared_ptr<const ScanHeader> believable(std::shared_ptr<const ScanHeader> header) {
  if (header->expected_frames <= max_frames_per_scan) return header;
  auto unknown = std::make_shared<ScanHeader>(*header);
  unknown->expected_frames = 0;
  return unknown;
}

}  // namespace

ScanRun::ScanRun(Engine& engine, std::shared_ptr<const ScanHeader> header, FrameObserver* observer)
    : engine_(engine), header_(believable(header)), observer_(observer), log_(header_->scan_id) {
  if (header->expected_frames > max_frames_per_scan) {
    failure_ = "it announces " + std::to_string(header->expected_frames) +
               " frames, more than the limit of " + std::to_string(max_frames_per_scan);
  }
  seen_.reserve(header_->expected_frames);
  for (const LogicalSink& sink : engine_.plan.sinks)
    sinks_.emplace_back(sink, SinkContext{header_, engine_.provenance, &engine_.outlets});
  find_failure();
  build_graph();
}

ScanRun::~ScanRun() = default;

void ScanRun::find_failure() {
  if (!failure_.empty()) return;
  const Shape shape = header_->shape;
  const std::string frame = std::to_string(shape.rows) + " x " + std::to_string(shape.cols) + " pixels";
  const std::uint64_t needed = engine_.plan.bytes_in_flight(*header_, 0);
  if (std::max(shape.rows, shape.cols) > 65535 || shape.pixels() == 0) {
    failure_ = "frames of " + frame + " are not supported: a side has 1 to 65535";
    failure_reason_ = DropReason::wrong_shape;
  } else if (needed > engine_.budget.capacity_bytes()) {
    failure_ = "one frame of " + frame + " needs " + format_bytes(needed) +
               " in this pipeline, the budget is " + format_bytes(engine_.budget.capacity_bytes()) +
               ": raise engine.memory";
    failure_reason_ = DropReason::too_large;
  }
}

void ScanRun::build_graph() {
  const auto on_consumed = [this](const SinkRunner& sink, const Envelope& envelope) {
    if (observer_ != nullptr && &sink == sinks_.data()) observer_->on_result(*header_, envelope);
    consumed_.fetch_add(1, std::memory_order_relaxed);
  };
  if (failure_.empty()) {
    try {
      graph_ = std::make_unique<ScanGraph>(engine_.plan, StageContext{header_, engine_.resources}, sinks_,
                                           engine_.workers, log_, aborted_, on_consumed);
      return;
    } catch (const std::exception& error) {
      failure_ = error.what();
    }
  }
  graph_ = std::make_unique<ScanGraph>(sinks_, engine_.workers, on_consumed);
  spdlog::error("scan={}: it cannot be processed, its frames are counted and dropped: {}", header_->scan_id,
                failure_);
}

bool ScanRun::admit(const FrameMeta& meta) {
  const std::uint64_t limit = header_->expected_frames != 0 ? header_->expected_frames : max_frames_per_scan;
  if (meta.index >= limit) {
    ++ledger_.stale;
    show_messages();
    return false;
  }
  if (meta.index >= seen_.size()) seen_.resize(meta.index + 1);
  if (seen_[meta.index]) {
    ++ledger_.duplicate;
    show_messages();
    return false;
  }
  seen_[meta.index] = true;
  ++ledger_.received;
  ledger_.bytes_received += meta.wire_bytes;
  if (ledger_.t_first_ns == 0) ledger_.t_first_ns = meta.received_ns;
  ledger_.t_last_ns = std::max(ledger_.t_last_ns, meta.received_ns);
  received_.store(ledger_.received, std::memory_order_relaxed);
  bytes_received_.store(ledger_.bytes_received, std::memory_order_relaxed);
  return true;
}

void ScanRun::put_dropped(const FrameMeta& meta, DropReason reason) {
  graph_->put({.meta = meta, .dropped = reason, .product = {}, .lease = {}});
}

void ScanRun::drop_unadmitted(const FrameMeta& meta, std::uint64_t frame_bytes, std::uint64_t needed_bytes) {
  const bool too_large = needed_bytes > engine_.budget.capacity_bytes();
  const DropReason reason = too_large ? DropReason::too_large : DropReason::back_pressure;
  log_.warn(meta, reason,
            too_large ? "its " + format_bytes(frame_bytes) + " exceed the memory budget; raise engine.memory"
                      : "frames come faster than they are processed, and " +
                            format_bytes(engine_.budget.capacity_bytes()) + " of them are in flight");
  put_dropped(meta, reason);
}

void ScanRun::push(Frame frame) {
  if (!admit(frame.meta)) return;
  const FrameMeta meta = frame.meta;
  if (aborted_) return put_dropped(meta, DropReason::aborted);
  if (!failure_.empty()) return put_dropped(meta, failure_reason_);
  if (observer_ != nullptr) observer_->on_frame(header_, frame);
  const std::uint64_t bytes = engine_.plan.bytes_in_flight(*header_, frame.bytes.size());
  auto lease = engine_.when_full == WhenFull::block ? engine_.budget.acquire(bytes)
                                                    : engine_.budget.try_acquire(bytes);
  if (!lease) return drop_unadmitted(meta, frame.bytes.size(), bytes);
  graph_->put({.meta = meta,
               .dropped = DropReason::none,
               .product = frames_.share(std::move(frame)),
               .lease = std::move(lease)});
}

void ScanRun::push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) {
  if (!admit(meta)) return;
  log_.warn(meta, reason, detail);
  put_dropped(meta, reason);
}

void ScanRun::note(const MessageCounts& so_far) {
  noted_ = so_far;
  show_messages();
}

void ScanRun::show_messages() {
  const std::lock_guard lock(messages_mutex_);
  messages_ = noted_;
  messages_.duplicate += ledger_.duplicate;
  messages_.stale += ledger_.stale;
}

// Ordered stages wait for every index; sinks give absent frames their rows by themselves.
void ScanRun::put_missing() {
  if (!graph_->has_ordered_tasks()) return;
  for (std::uint64_t index = 0; index < ledger_.expected; ++index) {
    if (index < seen_.size() && seen_[index]) continue;
    FrameMeta meta;
    meta.index = meta.frame_number = index;
    meta.omega_deg = header_->omega_of(index);
    put_dropped(meta, DropReason::missing);
  }
}

ScanSummary ScanRun::summarise(const ScanEnd& end) const {
  ScanSummary summary;
  summary.scan_id = header_->scan_id;
  summary.ledger = ledger_;
  Ledger& ledger = summary.ledger;
  ledger.missing = ledger.expected - ledger.received;
  ledger.duplicate += end.messages.duplicate;
  ledger.stale += end.messages.stale;
  ledger.early += end.messages.early;
  ledger.unreadable += end.messages.unreadable;
  summary.status = end.status;
  summary.reason = end.reason;
  if (aborted_) {
    summary.status = ExitStatus::aborted;
    append_reason(summary.reason, "aborted by the operator");
  } else if (!failure_.empty()) {
    summary.status = ExitStatus::failed;
    append_reason(summary.reason, failure_);
  } else if (ledger.missing > 0 && summary.status == ExitStatus::complete) {
    summary.status = ExitStatus::incomplete;
    append_reason(summary.reason, std::to_string(ledger.missing) + " frames are missing");
  }
  return summary;
}

void ScanRun::finish_sinks(const ScanSummary& closed, ScanReport& report) {
  for (SinkRunner& sink : sinks_) {
    const ScanSummary of_sink = sink.finish(closed);
    // The scan is as good as the worst of its outputs.
    if (&sink == sinks_.data() || of_sink.status > report.summary.status) report.summary = of_sink;
    if (!sink.output().empty()) report.outputs.push_back(sink.output());
    if (report.peaks == 0) report.peaks = sink.peaks();
    if (!report.anomaly) report.anomaly = sink.anomaly();
    if (report.output_failure.empty()) report.output_failure = sink.failure();
  }
  report.output_failed = !report.output_failure.empty();
  for (SinkRunner& sink : sinks_) sink.scan_finished({report.summary, report.outputs, report.anomaly});
}

ScanReport ScanRun::finish(const ScanEnd& end) {
  ledger_.expected = header_->expected_frames != 0 ? header_->expected_frames : seen_.size();
  put_missing();
  graph_->drain();
  ScanReport report;
  report.steps = graph_->report();
  report.latency = latency();
  {
    const std::lock_guard lock(graph_mutex_);
    last_steps_ = report.steps;
    graph_.reset();
  }
  finish_sinks(summarise(end), report);
  report.sinks = sinks();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  return report;
}

Progress ScanRun::progress() const {
  const std::lock_guard lock(messages_mutex_);
  return {header_->scan_id, header_->expected_frames,
          received_,        consumed_ / std::max<std::size_t>(1, engine_.plan.sinks.size()),
          bytes_received_,  messages_};
}

std::vector<StepReport> ScanRun::sinks() const {
  std::vector<StepReport> reports;
  for (const SinkRunner& sink : sinks_) reports.push_back(sink.report());
  return reports;
}

LatencyHistogram ScanRun::latency() const {
  return sinks_.empty() ? LatencyHistogram{} : sinks_.front().latency();
}

std::vector<StepReport> ScanRun::steps() const {
  const std::lock_guard lock(graph_mutex_);
  return graph_ ? graph_->report() : last_steps_;
}

}  // namespace braggd
