// When a scan begins and when it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sources/assembling.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

TEST_F(Assembling, ASecondStartOfTheOpenScanIsAnotherEdgeNodesCopy) {
  start("A", 2);
  image("A", 0);
  start("A", 2);
  image("A", 1);
  end("A");
  start("A", 2);
  end("A");
  EXPECT_EQ(intake_.scans.size(), 1u);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, AScanMayBeRepeatedUnderItsName) {
  for (int run = 0; run < 2; ++run) {
    start("A", 1);
    image("A", 0);
    end("A");
    wait(200ms);
  }
  EXPECT_EQ(intake_.scans.size(), 2u);
  EXPECT_EQ(scan(1).ledger.written, 1u);
}

TEST_F(Assembling, AnotherStartClosesTheOpenScanAsIncomplete) {
  start("A", 3);
  image("A", 0);
  start("B", 1);
  EXPECT_EQ(scan(0).end.status, ExitStatus::incomplete);
  EXPECT_EQ(scan(0).end.reason, "scan B started while 2 of 3 frames had not arrived");
  image("B", 0);
  end("B");
  EXPECT_EQ(scan(1).end.status, ExitStatus::complete);
}

TEST_F(Assembling, AnotherStartClosesAScanThatOnlyLacksItsEndAsComplete) {
  start("A", 1);
  image("A", 0);
  start("B", 1);
  EXPECT_EQ(scan(0).end.status, ExitStatus::complete);
  EXPECT_EQ(scan(0).end.reason, "");
}

TEST_F(Assembling, WithItsEndAScanWaitsForMissingFramesUntilTheCloseTimeout) {
  start("A", 3);
  image("A", 0);
  end("A");
  wait(4000ms);
  image("A", 1);
  wait(4999ms);
  EXPECT_TRUE(scan().open);
  wait(1ms);
  EXPECT_EQ(scan().end.status, ExitStatus::incomplete);
  EXPECT_EQ(scan().end.reason, "1 of 3 frames had not arrived");
  EXPECT_EQ(scan().ledger.missing, 1u);
}

TEST_F(Assembling, WithAllFramesAScanWaitsForItsEndAMomentOnly) {
  start("A", 1);
  image("A", 0);
  wait(999ms);
  EXPECT_TRUE(scan().open);
  wait(1ms);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, ASilentScanWithoutItsEndIsGivenUp) {
  start("A", 10);
  image("A", 0);
  wait(29999ms);
  EXPECT_TRUE(scan().open);
  wait(1ms);
  EXPECT_EQ(scan().end.status, ExitStatus::incomplete);
  EXPECT_EQ(scan().end.reason, "no message for 30 s and no end, 9 of 10 frames had not arrived");
}

TEST_F(Assembling, TimeThatThePipelineNeedsIsNoSilence) {
  start("A", 2);
  intake_.on_push = [this] { now_ += 60s; };
  image("A", 0);
  EXPECT_TRUE(scan().open);
  image("A", 1);
  end("A");
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, AScanOfUnknownLengthClosesAfterItsEnd) {
  start("A", 0);
  image("A", 0);
  image("A", 41);
  end("A");
  EXPECT_TRUE(scan().open);
  wait(5000ms);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
  EXPECT_EQ(scan().ledger.received, 2u);
}

TEST_F(Assembling, AnEmptyScanIsAScan) {
  start("A", 0);
  end("A");
  wait(5000ms);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
  EXPECT_EQ(scan().ledger.expected, 0u);
}

TEST_F(Assembling, AStopEndsTheOpenScanAsIncomplete) {
  start("A", 2);
  image("A", 1);
  image("B", 1);
  assembler().stop();
  EXPECT_EQ(scan().end.status, ExitStatus::incomplete);
  EXPECT_EQ(scan().end.reason, "stopped by request, 1 of 2 frames had not arrived");
  EXPECT_EQ(strays_.stale, 1u);
}

TEST_F(Assembling, AStopAfterAllFramesLeavesACompleteScan) {
  start("A", 1);
  image("A", 0);
  assembler().stop();
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, MessagesThatAreNoneAreCounted) {
  send({std::byte{0xff}});
  EXPECT_EQ(strays_.unreadable, 1u);
  start("A", 1);
  send({std::byte{0x7b}});
  image("A", 0);
  end("A");
  EXPECT_EQ(scan().end.messages.unreadable, 1u);
}

TEST_F(Assembling, AnAbsurdNumberOfImagesIsNoScan) {
  start("A", FrameSet::max_frames + 1);
  EXPECT_THAT(intake_.scans, IsEmpty());
  EXPECT_EQ(strays_.unreadable, 1u);
  start("A", FrameSet::max_frames);
  EXPECT_EQ(intake_.scans.size(), 1u);
}

TEST_F(Assembling, AThiefIsRecognisedByTheRegularGapsThatItLeaves) {
  options_.connections = 1;
  options_.peers = "tcp://detector:31001";
  start("A", 100);
  for (std::uint64_t i = 1; i < 100; i += 2) image("A", i);
  end("A");
  wait(5000ms);
  EXPECT_EQ(scan().end.reason,
            "50 of 100 frames had not arrived; of every 2 frames only 1 arrived: another client seems to be "
            "connected "
            "to tcp://detector:31001");
}

}  // namespace
}  // namespace braggd
