// What becomes of each image.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sources/assembling.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
  EXPECT_EQ(scan().end.messages.early, 1u);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
  wait(5001ms);
  EXPECT_EQ(strays_.stale, 1u);  // B's start never came
}

TEST_F(Assembling, ImagesThatCameWhileNoScanWasOpenAreStraysThoughOneIsOpenWhenTheyExpire) {
  image("B", 0);
  start("A", 1);
  image("B", 1);
  wait(5001ms);
  EXPECT_EQ(strays_.stale, 1u);
  image("A", 0);
  end("A");
  EXPECT_EQ(scan().end.messages.stale, 1u);
}

TEST_F(Assembling, ImagesHeldWhenTheirScanOfArrivalClosesAreStrays) {
  start("A", 1);
  image("B", 0);
  image("A", 0);
  end("A");
  start("C", 1);
  wait(5001ms);
  EXPECT_EQ(strays_.stale, 1u);
  assembler().stop();
  EXPECT_EQ(scan(0).end.messages.stale + scan(1).end.messages.stale, 0u);
}

TEST_F(Assembling, AfterTheLastScanThatIsWantedNoneOpensAndWhatIsHeldIsAccountedFor) {
  options_.scans = 1;
  start("A", 2);
  image("A", 0);
  image("B", 0);
  start("B", 1);
  EXPECT_TRUE(assembler().done());
  EXPECT_EQ(intake_.scans.size(), 1u);
  EXPECT_EQ(scan().end.status, ExitStatus::incomplete);
  assembler().stop();
  EXPECT_EQ(strays_.stale, 1u);
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
  EXPECT_EQ(scan().end.messages.duplicate, 1u);
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
  EXPECT_EQ(scan().end.messages.stale, 1u);
  EXPECT_EQ(scan().end.status, ExitStatus::complete);
}

TEST_F(Assembling, AFrameNumberOutsideTheScanIsStale) {
  start("A", 2);
  for (const std::uint64_t number : {2ull, 10'000'000ull, ~0ull}) image("A", number);
  EXPECT_EQ(scan().ledger.received, 0u);
  image("A", 0);
  image("A", 1);
  end("A");
  EXPECT_EQ(scan().end.messages.stale, 3u);
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

}  // namespace
}  // namespace braggd
