#include <gtest/gtest.h>

#include "service/progress_display.hpp"
#include "service/report.hpp"

namespace braggd {
namespace {

TEST(Progress, ABarShowsTheShareTheRateAndTheTimeLeft) {
  EXPECT_EQ(progress_line({"scan a", 50, 100}, 10, true),
            "scan a  [###############---------------]  50/100 frames  10 frames/s  5 s left");
  EXPECT_EQ(progress_line({"scan a", 7, 0}, 3.5, false), "scan a  7 frames  3.5 frames/s");
}

TEST(Report, NamesStatusReasonCountsAndFiles) {
  ScanReport report;
  report.summary.scan_id = "s";
  report.summary.status = ExitStatus::incomplete;
  report.summary.reason = "2 frames are missing";
  report.summary.ledger.expected = 5;
  report.summary.ledger.received = report.summary.ledger.written = 3;
  report.summary.ledger.missing = 2;
  report.outputs = {"out/s.h5"};
  report.peaks = 12;
  report.seconds = 1.5;
  EXPECT_EQ(report_text(report),
            "scan s: incomplete (2 frames are missing)\n  expected 5 received 3 written 3 missing 2\n"
            "  12 peaks, 1.5 s, 2 frames/s\n  out/s.h5\n");
}

}  // namespace
}  // namespace braggd
