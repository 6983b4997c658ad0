// What a pipeline keeps from scan to scan.
#pragma once

#include <memory>
#include <string>

#include <braggd/stage.hpp>

#include "core/byte_budget.hpp"
#include "pipeline/plan.hpp"
#include "pipeline/scan_graph.hpp"

namespace braggd {

/// A checked plan with its workers, its memory budget and what its stages have loaded. Scans run through it one at a time
/// or, while one is being finished, two.
struct Engine {
  explicit Engine(Plan checked);

  /// Builds every stage for a scan with this header and lets them go again. Throws ConfigError where one cannot be built.
  void rehearse(const std::shared_ptr<const ScanHeader>& header);

  /// Opens the sockets of sinks, before the first scan. Throws ConfigError for an endpoint that another has.
  void open_sinks();
  void close_sinks() { outlets.clear(); }

  Plan plan;
  std::shared_ptr<const Provenance> provenance;
  WhenFull when_full;
  ByteBudget budget;
  Workers workers;
  ResourceCache resources;  ///< of stages
  ResourceCache outlets;    ///< of sinks: sockets
};

}  // namespace braggd
