#include "service/scan_alarms.hpp"

#include <string>

#include "core/text.hpp"

namespace braggd {

void judge_scan(const ScanReport& report, AlarmBoard& alarms) {
  const ScanSummary& summary = report.summary;
  const Ledger& ledger = summary.ledger;
  const std::string scan = "scan " + printable(summary.scan_id, 60) + ": ";
  alarms.set(
      report.output_failed,
      {"output_failed", Severity::alarm, scan + report.output_failure,
       "make room, mount the file system or mend its permissions; the next scan is tried again", 0, 1});
  alarms.set(summary.status == ExitStatus::failed,
             {"scan_failed", Severity::alarm, scan + summary.reason,
              "its frames were counted and dropped; mend the pipeline and reload", 0, 1});
  alarms.set(ledger.missing > 0 && summary.status != ExitStatus::aborted,
             {"frames_missing", Severity::warning,
              scan + (summary.reason.empty() ? std::to_string(ledger.missing) + " frames never came"
                                             : summary.reason),
              "look at the edge nodes and the network; the file says which frames are absent", 0, 1});
  const std::uint64_t dropped = ledger.dropped_total();
  alarms.set(dropped > 0 && !report.output_failed && summary.status < ExitStatus::aborted,
             {"frames_dropped", Severity::warning, scan + std::to_string(dropped) + " frames were dropped",
              "the ledger names the reasons; with back_pressure, lower the rate or give more threads", 0, 1});
}

}  // namespace braggd
