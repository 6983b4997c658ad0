#include "service/service_totals.hpp"

#include <algorithm>
#include <cmath>

namespace braggd {

namespace {

void add_ledger(Ledger& sum, const Ledger& ledger) {
  sum.expected += ledger.expected;
  sum.received += ledger.received;
  sum.processed += ledger.processed;
  sum.written += ledger.written;
  sum.missing += ledger.missing;
  for (std::size_t i = 0; i < sum.dropped.size(); ++i) sum.dropped[i] += ledger.dropped[i];
  sum.duplicate += ledger.duplicate;
  sum.stale += ledger.stale;
  sum.early += ledger.early;
  sum.unreadable += ledger.unreadable;
  sum.bytes_received += ledger.bytes_received;
}

}  // namespace

void add_step(std::vector<StepReport>& sums, const StepReport& step) {
  auto sum = std::ranges::find(sums, step.label, &StepReport::label);
  if (sum == sums.end()) sum = sums.insert(sum, {.label = step.label});
  sum->in += step.in;
  sum->out += step.out;
  sum->dropped += step.dropped;
  sum->busy_ns += step.busy_ns;
  sum->busy.add(step.busy);
}

void ScoreHistogram::add(double rei) {
  const auto bucket = std::ranges::lower_bound(at_most, rei) - at_most.begin();
  ++counts[std::min<std::size_t>(static_cast<std::size_t>(bucket), counts.size() - 1)];
  sum += rei;
}

void ServiceTotals::add(const ScanReport& report) {
  ++scans;
  ++scans_by_status[static_cast<std::size_t>(report.summary.status)];
  add_ledger(ledger, report.summary.ledger);
  peaks += report.peaks;
  for (const StepReport& step : report.steps) add_step(steps, step);
  for (const StepReport& sink : report.sinks) add_step(sinks, sink);
  latency.add(report.latency);
  if (!report.anomaly) return;
  anomaly = report.anomaly;
  if (std::isfinite(anomaly->rei)) rei.add(anomaly->rei);
}

}  // namespace braggd
