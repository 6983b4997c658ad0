#include "sinks/stream2_sender_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include <braggd/error.hpp>

namespace braggd {
namespace {

using Kind = PlannedMessage::Kind;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<std::uint64_t> frames_of(const PlannedScan& scan) {
  std::vector<std::uint64_t> frames;
  for (const auto& message : scan.messages) {
    if (message.kind == Kind::image) frames.push_back(message.frame);
  }
  return frames;
}

std::uint64_t count(const PlannedScan& scan, auto predicate) {
  return static_cast<std::uint64_t>(std::ranges::count_if(scan.messages, predicate));
}

TEST(StreamPlan, WithoutFaultsEveryFrameIsSentOnceInOrderBetweenStartAndEnd) {
  const auto plan = plan_stream({.frames = 5});
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].messages.front().kind, Kind::start);
  EXPECT_EQ(plan[0].messages.back().kind, Kind::end);
  EXPECT_THAT(frames_of(plan[0]), testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(StreamPlan, ASeedDecidesTheOrder) {
  const auto a = frames_of(plan_stream({.frames = 50, .shuffle_seed = 1})[0]);
  EXPECT_EQ(a, frames_of(plan_stream({.frames = 50, .shuffle_seed = 1})[0]));
  EXPECT_NE(a, frames_of(plan_stream({.frames = 50, .shuffle_seed = 2})[0]));
  EXPECT_EQ(std::set<std::uint64_t>(a.begin(), a.end()).size(), 50u);
}

TEST(StreamPlan, ImagesAreDealtToTheSendersInTurn) {
  const auto plan = plan_stream({.frames = 7, .senders = 3});
  for (const auto& message : plan[0].messages) {
    EXPECT_EQ(message.sender, message.kind == Kind::image ? message.frame % 3 : 0);
  }
}

TEST(StreamPlan, EachFaultHitsAsManyFramesAsAskedAndNoneTwice) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const StreamFaults faults{
        .drop = 3, .duplicate = 4, .swap = 2, .truncate = 5, .corrupt = 1, .wrong_shape = 2};
    const auto scan = plan_stream({.frames = 20, .senders = 2, .fault_seed = seed, .faults = faults})[0];
    const auto damaged = [](Damage damage) {
      return [=](const auto& message) { return message.damage == damage; };
    };
    EXPECT_EQ(frames_of(scan).size(), 17u);
    EXPECT_EQ(count(scan, [](const auto& message) { return message.kind == Kind::copy; }), 4u);
    EXPECT_EQ(count(scan, damaged(Damage::truncate)), 5u);
    EXPECT_EQ(count(scan, damaged(Damage::corrupt)), 1u);
    EXPECT_EQ(count(scan, damaged(Damage::wrong_shape)), 2u);
    std::map<std::uint32_t, Kind> last;
    for (const auto& message : scan.messages) {
      if (message.kind == Kind::image || message.kind == Kind::copy) last[message.sender] = message.kind;
      EXPECT_FALSE(message.kind == Kind::copy && message.damage != Damage::none);
    }
    for (const auto& [sender, kind] : last) EXPECT_EQ(kind, Kind::image) << "sender " << sender;
  }
}

TEST(StreamPlan, SwappedNeighboursChangePlaces) {
  const auto frames = frames_of(plan_stream({.frames = 4, .faults = {.swap = 2}})[0]);
  EXPECT_THAT(frames, testing::ElementsAre(1, 0, 3, 2));
}

TEST(StreamPlan, TheFirstOfTwoScansIsAbandonedInItsMiddle) {
  const auto plan = plan_stream({.frames = 6, .faults = {.drop = 1, .second_scan = true}});
  ASSERT_EQ(plan.size(), 2u);
  EXPECT_THAT(frames_of(plan[0]), testing::ElementsAre(0, 1, 2));
  EXPECT_EQ(plan[0].messages.back().kind, Kind::image);
  EXPECT_EQ(frames_of(plan[1]).size(), 5u);
}

TEST(StreamPlan, StartEndAndStallAreLeftOutAndPutIn) {
  const auto plan =
      plan_stream({.frames = 4, .faults = {.stall_s = 2, .missing_start = true, .missing_end = true}});
  ASSERT_EQ(plan[0].messages.size(), 5u);
  EXPECT_EQ(plan[0].messages[2].kind, Kind::pause);
  EXPECT_EQ(plan[0].messages[2].pause_s, 2);
}

TEST(StreamPlan, AScanThatIsTooShortForItsFaultsIsRefused) {
  EXPECT_THAT([] { plan_stream({.frames = 3, .faults = {.drop = 2, .corrupt = 2}}); },
              ThrowsMessage<ConfigError>("the scan's 3 frames are too few for corrupt: 1 more are needed"));
  EXPECT_THAT([] { plan_stream({.frames = 3, .faults = {.swap = 2}}); },
              ThrowsMessage<ConfigError>(HasSubstr("no 2 pairs")));
  EXPECT_THROW(plan_stream({.frames = 0, .faults = {.drop = ~0ull}}), ConfigError);
  EXPECT_THROW(plan_stream({.frames = 1, .senders = 2, .faults = {.duplicate = 1}}), ConfigError);
}

}  // namespace
}  // namespace braggd
