#include "core/recycler.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "core/byte_budget.hpp"
#include "core/products.hpp"

namespace braggd {
namespace {

TEST(Recycler, TheLastHoldersReleaseGivesTheObjectBackEmptyWithItsMemory) {
  Recycler<SparseFrame> frames;
  const std::uint32_t* memory = nullptr;
  {
    auto object = frames.take();
    (*object).index.assign(100, 7);
    (*object).meta.index = 3;
    memory = (*object).index.data();
    const auto held = std::move(object).share();
    const auto again = held;
    EXPECT_EQ(again->index.size(), 100u);
    EXPECT_EQ(frames.idle(), 0u);
  }
  EXPECT_EQ(frames.idle(), 1u);
  const auto object = frames.take();
  EXPECT_TRUE((*object).index.empty());
  EXPECT_EQ((*object).meta.index, 0u);
  (*object).index.resize(100);
  EXPECT_EQ((*object).index.data(), memory);
}

TEST(Recycler, WhatAProductKeptAliveIsLetGoWithIt) {
  Recycler<SparseFrame> frames;
  Recycler<ComponentList> lists;
  Recycler<PeakList> peaks;
  ComponentList list;
  list.pixels = frames.share({});
  PeakList located;
  located.components = lists.share(std::move(list));
  auto held = peaks.share(std::move(located));
  EXPECT_EQ(frames.idle() + lists.idle() + peaks.idle(), 0u);
  held.reset();
  EXPECT_EQ(frames.idle() + lists.idle() + peaks.idle(), 3u);
}

TEST(Recycler, ItKeepsNoMoreThanWereHeldAtOnceAndAnObjectMayOutliveIt) {
  std::shared_ptr<const PeakList> last;
  {
    Recycler<PeakList> lists;
    for (int round = 0; round < 10; ++round) {
      const auto a = lists.share({}), b = lists.share({});
    }
    EXPECT_EQ(lists.idle(), 2u);
    std::vector<std::shared_ptr<const PeakList>> many;
    for (std::size_t i = 0; i < 2 * Recycler<PeakList>::places; ++i) many.push_back(lists.share({}));
    many.clear();
    EXPECT_EQ(lists.idle(), Recycler<PeakList>::places);
    last = lists.share({});
  }
  EXPECT_TRUE(last->peaks.empty());
}

TEST(Recycler, ThreadsNeverGetTheSameObject) {
  Recycler<PeakList> lists;
  std::vector<std::jthread> threads;
  std::atomic<int> mixed_up{0};
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20000; ++i) {
        auto object = lists.take();
        if (!(*object).peaks.empty()) ++mixed_up;
        (*object).peaks.assign(1 + t, Peak{.component = t});
        const auto held = std::move(object).share();
        for (const Peak& peak : held->peaks) mixed_up += peak.component != t ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(mixed_up, 0);
  EXPECT_LE(lists.idle(), 4u);
}

TEST(ByteBudget, ThreadsThatWaitGetTheirBytesAndTheCapacityIsNeverExceeded) {
  ByteBudget budget(100);
  std::atomic<std::uint64_t> in_use{0}, most{0};
  std::vector<std::jthread> threads;
  for (std::uint64_t bytes : {30U, 40U, 60U, 100U}) {
    threads.emplace_back([&, bytes] {
      for (int i = 0; i < 2000; ++i) {
        const auto lease = budget.acquire(bytes);
        const std::uint64_t now = in_use += bytes;
        for (std::uint64_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        in_use -= bytes;
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 100u);
  EXPECT_EQ(budget.peak_bytes(), 100u);
  EXPECT_EQ(budget.acquire(101), nullptr);
  const auto all = budget.try_acquire(100);
  EXPECT_NE(all, nullptr);
  EXPECT_EQ(budget.try_acquire(1), nullptr);
}

}  // namespace
}  // namespace braggd
