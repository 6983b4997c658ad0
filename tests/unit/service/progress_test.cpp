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

TEST(Report, AScanWithoutFramesSaysSo) {
  ScanReport report;
  report.summary.scan_id = "s";
  EXPECT_NE(report_text(report).find("expected 0 received 0"), std::string::npos) << report_text(report);
}

TEST(Report, StraysAreSaidInWordsWhereThereAreAnyAndAlwaysInJson) {
  EXPECT_EQ(strays_text({}), "");
  EXPECT_EQ(strays_text({24, 0, 1, 0}), "messages of no scan: stale 24 unreadable 1\n");
  EXPECT_EQ(strays_text({0, 0, 0, 2}), "refused connections: 2\n");
  EXPECT_EQ(strays_json({24, 0, 1, 2}),
            "{\"strays\":{\"stale\":24,\"late\":0,\"unreadable\":1,\"refused_connections\":2}}\n");
}

}  // namespace
}  // namespace braggd
