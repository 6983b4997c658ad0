#include "sources/scan_assembler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sources/recording_intake.hpp"
#include "unit/wire/stream2_samples.hpp"
#include "wire/stream2_decode.hpp"
#include "wire/stream2_encode.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Messages go in as bytes, time passes when the test says so.
class Assembling : public testing::Test {
 protected:
  Assembling() { options_.connections = 2; }

  ScanAssembler& assembler() {
    if (!assembler_) {
      assembler_ = std::make_unique<ScanAssembler>(intake_, options_, strays_, [this] { return now_; });
    }
    return *assembler_;
  }
  void send(const std::vector<std::byte>& message) {
    assembler().receive(parse_stream2(Bytes::own(message)), {1000 + ++messages_, message.size()});
    assembler().tick();
  }
  static SeriesName series(const std::string& id) { return {12, id}; }
  void start(const std::string& id, std::uint64_t frames) {
    ScanHeader header = wire_header(frames);
    header.scan_id = id;
    send(encode_start(header));
  }
  void image(const std::string& id, std::uint64_t number) {
    send(encode_image(series(id), wire_frame(number)));
  }
  void end(const std::string& id) { send(encode_end(series(id))); }
  void wait(std::chrono::milliseconds time) {
    now_ += time;
    assembler().tick();
  }
  const RecordedScan& scan(std::size_t index = 0) const { return intake_.scans.at(index); }

  RecordingIntake intake_;
  StrayCounts strays_;
  AssemblerOptions options_;
  ScanAssembler::TimePoint now_{};
  std::uint64_t messages_ = 0;
  std::unique_ptr<ScanAssembler> assembler_;
};

TEST_F(Assembling, AScanOpensWithItsStartAndClosesWithItsLastFrameAndEnd) {
  start("A", 2);
  EXPECT_TRUE(scan().open);
  image("A", 0);
  image("A", 1);
  EXPECT_TRUE(scan().open);
  end("A");
  EXPECT_FALSE(scan().open);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
  EXPECT_EQ(scan().ledger.written, 2u);
  EXPECT_TRUE(scan().ledger.closes());
  EXPECT_EQ(assembler().scans_ended(), 1u);
}

TEST_F(Assembling, AFramesMetaSaysItsNumberAngleTimeAndBytes) {
  start("A", 2);
  image("A", 1);
  const FrameMeta& meta = scan().metas.at(1);
  EXPECT_EQ(meta.index, 1u);
  EXPECT_EQ(meta.frame_number, 1u);
  EXPECT_EQ(meta.omega_deg, -10 + 1.5 * 0.25);
  EXPECT_EQ(meta.received_ns, 1002u);
  EXPECT_EQ(meta.wire_bytes, 12u);
}

TEST_F(Assembling, ImagesComeInAnyOrderAndTheEndMayOvertakeThem) {
  start("A", 3);
  image("A", 2);
  end("A");
  image("A", 0);
  EXPECT_TRUE(scan().open);
  image("A", 1);
  EXPECT_THAT(scan().order, ElementsAre(2, 0, 1));
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, ImagesAheadOfTheirStartAreHeldAndDelivered) {
  image("A", 1);
  image("B", 0);
  EXPECT_THAT(intake_.scans, IsEmpty());
  start("A", 2);
  image("A", 0);
  end("A");
  EXPECT_THAT(scan().order, ElementsAre(1, 0));
  EXPECT_EQ(scan().end.early, 1u);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
  wait(5001ms);
  EXPECT_EQ(strays_.stale, 1u);  // B's start never came
}

TEST_F(Assembling, HeldImagesAreBoundedInTimeAndBytes) {
  options_.early_bytes = 3000;
  for (std::uint64_t i = 0; i < 10; ++i) image("A", i);
  EXPECT_EQ(strays_.stale, 8u);
  wait(5001ms);
  EXPECT_EQ(strays_.stale, 10u);
  start("A", 3);
  EXPECT_EQ(scan().ledger.received, 0u);
}

TEST_F(Assembling, TheFirstOfADuplicateWins) {
  start("A", 2);
  image("A", 0);
  Frame other = wire_frame(1);
  other.meta.frame_number = 0;
  send(encode_image(series("A"), other));
  image("A", 1);
  end("A");
  EXPECT_EQ(scan().end.duplicate, 1u);
  EXPECT_EQ(scan().pixels.at(0)[0], std::byte{0});
  EXPECT_EQ(scan().ledger.received, 2u);
}

TEST_F(Assembling, ImagesOfAnotherScanAreStaleAndDoNotDisturb) {
  start("A", 1);
  image("B", 0);
  wait(5001ms);
  EXPECT_TRUE(scan().open);
  image("A", 0);
  end("A");
  EXPECT_EQ(scan().end.stale, 1u);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, AFrameNumberOutsideTheScanIsStale) {
  start("A", 2);
  for (const std::uint64_t number : {2ull, 10'000'000ull, ~0ull}) image("A", number);
  EXPECT_EQ(scan().ledger.received, 0u);
  image("A", 0);
  image("A", 1);
  end("A");
  EXPECT_EQ(scan().end.stale, 3u);
}

TEST_F(Assembling, ImagesOfAScanThatIsOverAreLate) {
  start("A", 3);
  image("A", 0);
  end("A");
  wait(5000ms);
  EXPECT_FALSE(scan().open);
  image("A", 1);
  EXPECT_EQ(strays_.late, 1u);
  wait(1000ms);
  image("A", 2);
  wait(5001ms);
  EXPECT_EQ(strays_.late, 2u);
  EXPECT_EQ(intake_.scans.size(), 1u);
}

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

TEST_F(Assembling, DamagedImagesAreFramesThatWereDropped) {
  start("A", 2);
  auto cut = encode_image(series("A"), wire_frame(0));
  cut.pop_back();
  send(cut);
  image("A", 1);
  end("A");
  EXPECT_EQ(scan().drops.at(0).first, DropReason::decode_error);
  EXPECT_THAT(scan().drops.at(0).second, HasSubstr("cut off"));
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
  EXPECT_TRUE(scan().ledger.closes());
}

TEST_F(Assembling, MessagesThatAreNoneAreCounted) {
  send({std::byte{0xff}});
  EXPECT_EQ(strays_.unreadable, 1u);
  start("A", 1);
  send({std::byte{0x7b}});
  image("A", 0);
  end("A");
  EXPECT_EQ(scan().end.unreadable, 1u);
}

TEST_F(Assembling, FramesOfAnotherShapeOrTypeAreDropped) {
  start("A", 3);
  send(encode_image(series("A"), wire_frame(0, {3, 2})));
  Frame wide = wire_frame(1, {2, 6});
  wide.shape = {2, 3};
  wide.pixel_type = PixelType::u32;
  send(encode_image(series("A"), wide));
  image("A", 2);
  end("A");
  EXPECT_EQ(scan().drops.at(0).first, DropReason::wrong_shape);
  EXPECT_EQ(scan().drops.at(0).second,
            "3 rows x 2 columns of u16, but the scan has 2 rows x 3 columns of u16");
  EXPECT_EQ(scan().drops.at(1).first, DropReason::wrong_shape);
  EXPECT_EQ(scan().ledger.written, 1u);
}

TEST_F(Assembling, AnAbsurdNumberOfImagesIsNoScan) {
  start("A", FrameSet::max_frames + 1);
  EXPECT_THAT(intake_.scans, IsEmpty());
  EXPECT_EQ(strays_.unreadable, 1u);
  start("A", FrameSet::max_frames);
  EXPECT_EQ(intake_.scans.size(), 1u);
}

TEST_F(Assembling, WhereTheStartKeepsThePixelTypeTheFirstImageTellsIt) {
  ScanHeader header = wire_header(1);
  header.scan_id = "A";
  auto parsed = parse_stream2(Bytes::own(encode_start(header)));
  std::get<StartMessage>(parsed).image_dtype.reset();
  assembler().receive(parsed, {});
  EXPECT_THAT(intake_.scans, IsEmpty());
  Frame frame = wire_frame(0, {2, 6});
  frame.shape = {2, 3};
  frame.pixel_type = PixelType::u32;
  send(encode_image(series("A"), frame));
  end("A");
  EXPECT_EQ(scan().header->pixel_type, PixelType::u32);
  EXPECT_EQ(scan().ledger.written, 1u);
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

TEST(RegularGaps, ATheftIsSeenAndRandomLossIsNot) {
  const auto gaps = [](std::uint64_t frames, auto arrives) {
    FrameSet set;
    for (std::uint64_t i = 0; i < frames; ++i) {
      if (arrives(i)) set.insert(i);
    }
    return find_regular_gaps(set);
  };
  const auto third = gaps(40, [](std::uint64_t i) { return i % 3 == 1; });
  ASSERT_TRUE(third);
  EXPECT_EQ(third->period, 3u);
  EXPECT_EQ(third->arriving, 1u);
  // Two edge nodes, a thief at each: 0 and 1 of every 4.
  const auto two_nodes = gaps(40, [](std::uint64_t i) { return i % 4 < 2; });
  ASSERT_TRUE(two_nodes);
  EXPECT_EQ(two_nodes->period, 4u);
  EXPECT_EQ(two_nodes->arriving, 2u);
  // The thief came when half of the scan was over.
  EXPECT_TRUE(gaps(2000, [](std::uint64_t i) { return i < 1000 || i % 2 == 0; }));
  EXPECT_TRUE(gaps(300, [](std::uint64_t i) { return i < 140 || i % 2 == 0; }));
  EXPECT_FALSE(gaps(30, [](std::uint64_t i) { return i % 2 == 0; }));
  EXPECT_FALSE(gaps(1000, [](std::uint64_t) { return true; }));
  EXPECT_FALSE(gaps(1000, [](std::uint64_t i) { return i != 77; }));
  EXPECT_FALSE(gaps(1000, [](std::uint64_t i) { return (i * 2654435761u) % 97 < 48; }));
  EXPECT_FALSE(gaps(1000, [](std::uint64_t i) { return i < 400 || i > 700; }));
}

}  // namespace
}  // namespace braggd
