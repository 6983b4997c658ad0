// What the service notices, and what it tells.
#include <gtest/gtest.h>
#include <thread>

#include "service/alarm_board.hpp"
#include "service/event_feed.hpp"
#include "service/http_guard.hpp"
#include "service/live_scan.hpp"
#include "service/rate_history.hpp"
#include "service/system_notify.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;

Alarm alarm(const char* id, Severity severity) {
  return {id, severity, "text", "hint", 0, 1};
}

TEST(AlarmBoard, HealthIsThatOfTheWorstAlarmAndAlarmsOfOneIdAreOne) {
  AlarmBoard board;
  EXPECT_EQ(board.health(), Health::ok);
  board.raise(alarm("a", Severity::warning));
  board.raise(alarm("b", Severity::alarm));
  board.raise(alarm("a", Severity::warning));
  EXPECT_EQ(board.health(), Health::alarm);
  ASSERT_EQ(board.active().size(), 2u);
  EXPECT_EQ(board.active()[0].count, 2u);
  EXPECT_TRUE(board.clear("b"));
  EXPECT_FALSE(board.clear("b"));
  EXPECT_EQ(board.health(), Health::warning);
  board.set(false, alarm("a", Severity::warning));
  EXPECT_EQ(board.health(), Health::ok);
}

TEST(AlarmBoard, ItsVersionChangesWhenAlarmsComeGoOrGrowWorseAndNotOtherwise) {
  AlarmBoard board;
  const auto changes = [&](auto act) {
    const auto before = board.version();
    act();
    return board.version() != before;
  };
  EXPECT_TRUE(changes([&] { board.raise(alarm("a", Severity::warning)); }));
  EXPECT_FALSE(changes([&] { board.raise(alarm("a", Severity::warning)); }));
  EXPECT_TRUE(changes([&] { board.raise(alarm("a", Severity::alarm)); }));
  EXPECT_TRUE(changes([&] { board.clear("a"); }));
  EXPECT_FALSE(changes([&] { board.clear("a"); }));
}

TEST(ProgressWatch, IsStalledOnlyWhileFramesAreInThePipelineAndNoneComesOut) {
  ProgressWatch watch;
  const ProgressWatch::Clock::time_point start{};
  watch.update(start, 0, 0);
  EXPECT_EQ(watch.stalled(start + 1h), 0s);
  watch.update(start + 1h, 5, 0);
  EXPECT_EQ(watch.stalled(start + 1h + 3s), 3s);
  watch.update(start + 1h + 4s, 5, 1);
  EXPECT_EQ(watch.stalled(start + 1h + 5s), 1s);
  watch.update(start + 1h + 6s, 0, 6);
  EXPECT_EQ(watch.stalled(start + 2h), 0s);
}

TEST(RateHistory, HasARateForEachSecondAndForgetsOldOnes) {
  const RateHistory::Clock::time_point start{};
  RateHistory rates(start);
  for (std::uint64_t second = 1; second <= 400; ++second)
    rates.update(start + std::chrono::seconds(second), {second * 10, 0, second});
  EXPECT_EQ(rates.all().size(), RateHistory::length);
  EXPECT_DOUBLE_EQ(rates.now().frames_per_second, 10);
  EXPECT_DOUBLE_EQ(rates.now().peaks_per_second, 1);
  rates.update(start + 400s + 100ms, {1'000'000, 0, 0});
  EXPECT_DOUBLE_EQ(rates.now().frames_per_second, 10) << "too soon";
}

TEST(LiveScan, CountsPeaksByTheFlagsThatRulesMayAskFor) {
  PreviewSampler preview(0);
  ScanHeader header;
  header.shape = {16, 16};
  LiveScan live(header, false, preview);
  PeakList list;
  list.peaks.resize(4);
  list.peaks[0].flags = saturated | several_maxima;
  list.peaks[1].flags = saturated;
  list.peaks[2].flags = outside_patch;
  Envelope envelope;
  envelope.product = std::make_shared<const PeakList>(list);
  for (int i = 0; i < 3; ++i) live.on_result(header, envelope);
  const LiveCounts counts = live.counts();
  EXPECT_EQ(counts.peaks, 12u);
  for (std::size_t i = 0; i < flag_facts.size(); ++i) {
    const std::uint64_t expected = flag_facts[i].second == saturated        ? 6
                                   : flag_facts[i].second == several_maxima ? 3
                                   : flag_facts[i].second == outside_patch  ? 3
                                                                            : 0;
    EXPECT_EQ(counts.flagged[i], expected) << flag_facts[i].first;
  }
}

TEST(PeakProfile, OfUnknownLengthDoublesItsBinsAndLosesNoPeak) {
  PeakProfile profile(0);
  for (std::uint64_t frame = 0; frame < 5000; ++frame) {
    FrameMeta meta;
    meta.index = frame;
    meta.omega_deg = static_cast<double>(frame);
    profile.add(meta, 3);
  }
  EXPECT_LE(profile.bins().size(), PeakProfile::most_bins);
  std::uint64_t frames = 0, peaks = 0;
  for (const ProfileBin& bin : profile.bins()) {
    EXPECT_EQ(bin.first_frame, frames);
    frames += bin.frames;
    peaks += bin.peaks;
    EXPECT_DOUBLE_EQ(bin.omega_sum_deg / static_cast<double>(bin.frames),
                     static_cast<double>(bin.first_frame) + static_cast<double>(bin.frames - 1) / 2);
  }
  EXPECT_EQ(frames, 5000u);
  EXPECT_EQ(peaks, 15000u);
}

TEST(EventFeed, GivesTheLastStatusAndEveryScanSinceOneListens) {
  EventFeed feed;
  feed.add_scan("before");
  feed.set_status("1");
  auto place = feed.now();
  feed.set_status("2");
  feed.add_scan("a");
  feed.add_scan("b");
  std::string events;
  ASSERT_TRUE(feed.wait(place, 1s, events));
  EXPECT_EQ(events, "event: scan\ndata: a\n\nevent: scan\ndata: b\n\nevent: status\ndata: 2\n\n");
  ASSERT_TRUE(feed.wait(place, 1ms, events));
  EXPECT_EQ(events, ":\n\n") << "nothing new: a comment";
  std::thread closer([&] { feed.close(); });
  while (feed.wait(place, 1h, events)) {
  }
  closer.join();
}

TEST(HttpGuard, KnowsRequestsFromOtherSites) {
  EXPECT_FALSE(is_cross_site("localhost:8430", "", "")) << "no browser";
  EXPECT_FALSE(is_cross_site("localhost:8430", "http://localhost:8430", "same-origin"));
  EXPECT_FALSE(is_cross_site("beamline", "https://beamline", ""));
  EXPECT_TRUE(is_cross_site("localhost:8430", "http://localhost:8431", ""));
  EXPECT_TRUE(is_cross_site("localhost:8430", "null", ""));
  EXPECT_TRUE(is_cross_site("localhost:8430", "", "cross-site"));
  EXPECT_TRUE(is_cross_site("localhost:8430", "", "same-site"));
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
}

}  // namespace
}  // namespace braggd
