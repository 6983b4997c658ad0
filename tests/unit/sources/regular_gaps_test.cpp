#include "sources/regular_gaps.hpp"

#include <gtest/gtest.h>

namespace braggd {
namespace {

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
