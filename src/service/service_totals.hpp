// Sums over all scans that have ended.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/scan_run.hpp"

namespace braggd {

/// Rare event indicators of scans, counted by size.
struct ScoreHistogram {
  static constexpr std::array<double, 10> at_most{0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1};
  std::array<std::uint64_t, at_most.size()> counts{};  ///< of those that are not in a bucket before
  double sum = 0;

  void add(double rei);
};

struct ServiceTotals {
  std::uint64_t scans = 0;
  std::array<std::uint64_t, 4> scans_by_status{};  ///< by ExitStatus
  Ledger ledger;
  std::uint64_t peaks = 0;
  std::vector<StepReport> steps, sinks;   ///< one of a label
  LatencyHistogram latency;               ///< from a frame's arrival until its result was taken
  std::optional<AnomalySummary> anomaly;  ///< of the last scan that has one
  ScoreHistogram rei;

  void add(const ScanReport& report);
};

/// Adds a step's counts to the one of its label.
void add_step(std::vector<StepReport>& sums, const StepReport& step);

}  // namespace braggd
