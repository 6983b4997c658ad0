#include "inference/shared_batches.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <latch>
#include <numeric>
#include <thread>

namespace braggd {
namespace {

using testing::Each;
using testing::ElementsAre;

/// A device that answers each patch (two floats) with their difference, and remembers what it was given.
class Device {
 public:
  SharedBatches::Run run() {
    return [this](std::span<float> input, std::span<float> answers) {
      const int now = ++running_;
      most_at_once = std::max(most_at_once.load(), now);
      if (hold) hold->wait();
      EXPECT_EQ(input.size(), 2 * answers.size());
      std::size_t filled = 0;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        const float first = input[2 * i], second = input[2 * i + 1];
        filled += first != 0 ? 1U : 0U;
        answers[i] = second - first;
      }
      {
        const std::lock_guard lock(mutex_);
        fills.push_back(filled);
      }
      --running_;
      if (std::ranges::find(input, -1.0F) != input.end()) throw std::runtime_error("the device has failed");
    };
  }
  std::vector<std::size_t> fills;  ///< patches in each batch
  std::atomic<int> most_at_once{0};
  std::latch* hold = nullptr;

 private:
  std::mutex mutex_;
  std::atomic<int> running_{0};
};

std::vector<float> asked(SharedBatches& batches, std::size_t patches, float first) {
  std::vector<float> input(2 * patches), answers(patches);
  std::iota(input.begin(), input.end(), first);
  for (std::size_t i = 0; i < patches; ++i) input[2 * i + 1] = input[2 * i] + first;
  batches.run(input, answers);
  return answers;
}

TEST(SharedBatches, ACallerAloneRunsAtOnceInAsManyBatchesAsItNeeds) {
  Device device;
  SharedBatches batches({.patches = 8, .floats = 2, .outputs = 1, .at_once = 2}, device.run());
  EXPECT_THAT(asked(batches, 3, 5), Each(5.0F));
  EXPECT_THAT(asked(batches, 20, 7), Each(7.0F));
  EXPECT_TRUE(asked(batches, 0, 7).empty());
  EXPECT_THAT(device.fills, ElementsAre(3U, 8U, 8U, 4U));
}

TEST(SharedBatches, ThoseWhoComeWhileTheDeviceIsBusyShareTheNextBatch) {
  Device device;
  std::latch hold(1);
  device.hold = &hold;
  SharedBatches batches({.patches = 8, .floats = 2, .outputs = 1, .at_once = 1}, device.run());
  {
    std::vector<std::jthread> callers;
    callers.emplace_back([&] { EXPECT_THAT(asked(batches, 2, 1), Each(1.0F)); });
    while (device.most_at_once == 0) std::this_thread::yield();
    for (int i = 2; i <= 5; ++i)
      callers.emplace_back([&batches, i] {
        EXPECT_THAT(asked(batches, 3, static_cast<float>(i)), Each(static_cast<float>(i)));
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // they have come
    hold.count_down();
  }
  EXPECT_THAT(device.fills, ElementsAre(2U, 8U, 4U));
}

TEST(SharedBatches, ManyThreadsGetTheirOwnAnswersAndNoMoreBatchesRunAtOnceThanMay) {
  Device device;
  SharedBatches batches({.patches = 16, .floats = 2, .outputs = 1, .at_once = 2}, device.run());
  {
    std::vector<std::jthread> callers;
    for (std::size_t thread = 1; thread <= 8; ++thread) {
      callers.emplace_back([&batches, thread] {
        for (std::size_t round = 1; round <= 300; ++round) {
          const auto own = static_cast<float>(1000 * thread + round);
          const std::size_t patches = (thread * round) % 37;
          const std::vector<float> answers = asked(batches, patches, own);
          ASSERT_THAT(answers, testing::AllOf(testing::SizeIs(patches), Each(own)));
        }
      });
    }
  }
  EXPECT_LE(device.most_at_once, 2);
}

TEST(SharedBatches, WhatABatchThrowsReachesAllWhoWereInItAndNobodyElse) {
  Device device;
  std::latch hold(1);
  device.hold = &hold;
  SharedBatches batches({.patches = 4, .floats = 2, .outputs = 1, .at_once = 1}, device.run());
  std::atomic<int> failed{0}, answered{0};
  const auto call = [&](float first) {
    try {
      asked(batches, 1, first);
      ++answered;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "the device has failed");
      ++failed;
    }
  };
  {
    std::vector<std::jthread> callers;
    callers.emplace_back(call, 1.0F);
    while (device.most_at_once == 0) std::this_thread::yield();
    callers.emplace_back(call, 2.0F);
    callers.emplace_back(call, -1.0F);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    hold.count_down();
  }
  EXPECT_EQ(failed, 2);
  EXPECT_EQ(answered, 1);
  EXPECT_THAT(asked(batches, 5, 3), Each(3.0F));  // it goes on
}

TEST(SharedBatches, PatchesAndAnswersThatDifferInNumberAreRefused) {
  Device device;
  SharedBatches batches({.patches = 4, .floats = 2, .outputs = 1, .at_once = 1}, device.run());
  std::vector<float> input(6), answers(2);
  EXPECT_THROW(batches.run(input, answers), std::invalid_argument);
  EXPECT_THROW(batches.run(std::span(input).first(5), answers), std::invalid_argument);
}

}  // namespace
}  // namespace braggd
