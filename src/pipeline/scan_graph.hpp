// The oneTBB flow graph of one scan. The only files that include TBB flow are scan_graph.*.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "pipeline/counters.hpp"
#include "pipeline/drop_log.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/sink_runner.hpp"

namespace braggd {

/// Worker threads that outlive scans.
class Workers {
 public:
  /// `pinned`: each stays on a core of its own, in turn of those that the process may use.
  Workers(unsigned threads, bool pinned);
  ~Workers();
  class Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Hears of each envelope that a sink has taken.
using OnConsumed = std::function<void(const SinkRunner&, const Envelope&)>;

/// Built when a scan begins, drained and destroyed when it ends.
class ScanGraph {
 public:
  /// Throws ConfigError where a stage cannot be built for this scan. `sinks` stand in the order of plan.sinks.
  ScanGraph(const Plan& plan, const StageContext& context, std::vector<SinkRunner>& sinks, Workers& workers,
            DropLog& log, const std::atomic<bool>& aborted, OnConsumed on_consumed);
  /// A graph without stages: tombstones go straight to the sinks. For scans that cannot be processed.
  ScanGraph(std::vector<SinkRunner>& sinks, Workers& workers, OnConsumed on_consumed);
  ~ScanGraph();

  void put(const Envelope& envelope);
  /// Waits until every envelope has reached every sink.
  void drain();
  bool has_ordered_tasks() const;
  std::vector<StepReport> report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace braggd
