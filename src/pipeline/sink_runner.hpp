// One sink of one scan: what it took, and what became of it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <braggd/sink.hpp>

#include "core/latency_histogram.hpp"
#include "pipeline/counters.hpp"
#include "pipeline/plan.hpp"

namespace braggd {

/// Feeds a sink and keeps its account. A sink that fails is abandoned; the frames go on being counted.
class SinkRunner {
 public:
  SinkRunner(const LogicalSink& sink, const SinkContext& context);

  /// One call at a time.
  void consume(const Envelope& envelope);
  /// Completes `ledger` with this sink's own counts, closes the sink and says how it ended. Where the output failed,
  /// every frame that was processed counts as dropped by output_error.
  ScanSummary finish(ScanSummary summary);
  /// After all sinks of the scan have finished.
  void scan_finished(const FinishedScan& scan);

  const std::filesystem::path& output() const { return output_; }
  const std::optional<AnomalySummary>& anomaly() const { return anomaly_; }
  const std::string& failure() const { return failure_; }
  std::uint64_t peaks() const { return peaks_; }
  /// From a frame's arrival until this sink had taken its result.
  const LatencyHistogram& latency() const { return latency_; }
  /// Frames that it was given with a result, and the time that it took for each; any thread.
  StepReport report() const { return counters_->report(name_); }

 private:
  void fail(const std::string& why);

  std::string name_;
  std::string scan_id_;
  std::unique_ptr<Sink> sink_;  // null once it has failed
  std::string failure_;
  std::filesystem::path output_;
  std::optional<AnomalySummary> anomaly_;
  Ledger counted_;  // processed and dropped only
  std::uint64_t peaks_ = 0;
  LatencyHistogram latency_;
  std::unique_ptr<StepCounters> counters_ = std::make_unique<StepCounters>();
};

}  // namespace braggd
