#include "pipeline/sink_runner.hpp"

#include <exception>
#include <spdlog/spdlog.h>

#include "core/clock.hpp"

namespace braggd {

SinkRunner::SinkRunner(const LogicalSink& sink, const SinkContext& context)
    : name_(sink.name), scan_id_(context.header->scan_id) {
  try {
    sink_ = sink.entry->make(sink.settings, context);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void SinkRunner::fail(const std::string& why) {
  if (sink_) sink_->abandon();
  sink_.reset();
  failure_ = name_ + ": " + why;
  spdlog::error("scan={} sink={}: {}; frames go on being processed and counted", scan_id_, name_, why);
}

void SinkRunner::consume(const Envelope& envelope) {
  if (envelope.dropped == DropReason::missing) {
    // counted from the frames that were expected, when the scan ends
  } else if (envelope.dropped != DropReason::none) {
    ++counted_.dropped[static_cast<std::size_t>(envelope.dropped)];
  } else {
    ++counted_.processed;
    if (const auto* list = std::get_if<std::shared_ptr<const PeakList>>(&envelope.product)) {
      peaks_ += (*list)->peaks.size();
    }
  }
  if (!sink_) return;
  counters_->in.fetch_add(1, std::memory_order_relaxed);
  const auto start = std::chrono::steady_clock::now();
  try {
    sink_->consume(envelope);
    counters_->out.fetch_add(1, std::memory_order_relaxed);
  } catch (const std::exception& error) {
    fail(error.what());
  }
  counters_->add_busy_since(start);
  const std::uint64_t now_ns = unix_ns();
  if (envelope.dropped == DropReason::none && now_ns > envelope.meta.received_ns) {
    latency_.add(now_ns - envelope.meta.received_ns);
  }
}

ScanSummary SinkRunner::finish(ScanSummary summary) {
  Ledger& ledger = summary.ledger;
  ledger.processed = ledger.written = counted_.processed;
  ledger.dropped = counted_.dropped;
  if (ledger.dropped_total() > 0 && summary.status == ExitStatus::complete) {
    summary.status = ExitStatus::incomplete;
    summary.reason = std::to_string(ledger.dropped_total()) + " frames were dropped";
  }
  if (sink_) {
    try {
      output_ = sink_->finish(summary);
      anomaly_ = sink_->anomaly();
      return summary;
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }
  ledger.dropped[static_cast<std::size_t>(DropReason::output_error)] += ledger.written;
  ledger.written = 0;
  if (summary.status == ExitStatus::complete) summary.status = ExitStatus::incomplete;
  summary.reason += (summary.reason.empty() ? "" : "; ") + failure_;
  return summary;
}

void SinkRunner::scan_finished(const FinishedScan& scan) {
  if (!sink_) return;
  try {
    sink_->scan_finished(scan);
  } catch (const std::exception& error) {
    spdlog::error("scan={} sink={}: {}", scan_id_, name_, error.what());
  }
}

}  // namespace braggd
