// The same rows whatever the order in which results come.
#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <optional>
#include <random>

#include "sinks/reorder_store.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/sinks/nexus_file_samples.hpp"

namespace braggd {
namespace {

constexpr std::uint64_t n_frames = 20000;  // beyond one chunk of frames and of peaks

std::vector<std::uint64_t> order_of(std::uint64_t frames, unsigned seed) {
  std::vector<std::uint64_t> order(frames);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::mt19937 random(seed);
  if (seed != 0) std::shuffle(order.begin(), order.end(), random);
  return order;
}

NexusFileConfig config_in(const std::filesystem::path& directory, std::uint64_t reorder_bytes = 1 << 28) {
  NexusFileConfig config;
  config.directory = directory;
  config.keep_pixels = KeepPixels::peaks;
  config.reorder_bytes = reorder_bytes;
  return config;
}

TEST(NexusFileOrder, ShuffledFramesGiveTheSameBytesInEveryDataset) {
  const TemporaryDirectory directory;
  const auto expected =
      all_numbers(write_sample_result(config_in(directory.path()), n_frames, order_of(n_frames, 0)));
  EXPECT_GT(expected.size(), 40U);
  EXPECT_EQ(expected.at("/entry/peaks/row").size(), 8U * 2 * n_frames);
  for (const std::uint64_t reorder_bytes :
       {std::uint64_t{1} << 28, std::uint64_t{1} << 20, std::uint64_t{0}}) {
    const auto path = write_sample_result(config_in(directory.path(), reorder_bytes), n_frames,
                                          order_of(n_frames, 11), false);
    EXPECT_EQ(all_numbers(path), expected) << reorder_bytes;
  }
}

TEST(NexusFileOrder, AGapHoldsNothingBackForEver) {
  const TemporaryDirectory directory;
  const auto header = sample_header(100);
  NexusFile sink(config_in(directory.path(), 1000), sample_context(header));
  for (std::uint64_t i = 0; i < 100; ++i) {
    if (i != 3 && i != 99) sink.consume(sample_envelope(*header, i, 2));
  }
  const auto file = hdf5::open_file(sink.finish(complete_summary(100)));
  const auto status = numbers(file, "/entry/frames/status");
  ASSERT_EQ(status.size(), 100U);
  EXPECT_EQ(std::accumulate(status.begin(), status.end(), 0.0), 2);
  EXPECT_EQ(status[3] + status[99], 2);
  EXPECT_EQ(numbers(file, "/entry/peaks/frame_offsets").back(), 196);
}

TEST(NexusFileOrder, ResultsThatHaveNoPlaceAreLeftOut) {
  const TemporaryDirectory directory;
  const auto header = sample_header(2);
  NexusFile sink(config_in(directory.path()), sample_context(header));
  for (const std::uint64_t index : {1U, 1U, 0U, 0U, 2U, 70000U})
    sink.consume(sample_envelope(*header, index, 1));
  const auto file = hdf5::open_file(sink.finish(complete_summary(2)));
  EXPECT_EQ(numbers(file, "/entry/peaks/frame"), (std::vector<double>{0, 1}));
}

TEST(NexusFileOrder, FramesBeyondTheEndOfAScanOfUnknownLengthAreLeftOut) {
  const TemporaryDirectory directory;
  const auto header = sample_header(0);
  NexusFile sink(config_in(directory.path()), sample_context(header));
  for (const std::uint64_t index : {0U, 1U, 1000000U}) sink.consume(sample_envelope(*header, index, 1));
  const auto file = hdf5::open_file(sink.finish(complete_summary(2)));
  EXPECT_EQ(numbers(file, "/entry/frames/status").size(), 2U);
}

std::optional<std::vector<std::byte>> taken(ReorderStore& store, std::uint64_t index) {
  const auto record = store.take(index);
  if (!record) return std::nullopt;
  return std::vector<std::byte>(record->begin(), record->end());
}

TEST(ReorderStore, WhatExceedsItsMemoryWaitsInAFileWithoutAName) {
  const TemporaryDirectory directory;
  ReorderStore store(directory.path(), 100);
  const auto record = [](std::size_t size, int fill) {
    return std::vector<std::byte>(size, std::byte(fill));
  };
  EXPECT_TRUE(store.put(5, record(60, 5)));
  EXPECT_TRUE(store.put(9, record(60, 9)));
  EXPECT_TRUE(store.put(7, record(40, 7)));
  EXPECT_TRUE(store.put(8, record(200, 8)));
  EXPECT_FALSE(store.put(9, record(1, 1)));
  EXPECT_EQ(store.bytes_in_memory(), 100U);
  EXPECT_EQ(store.bytes_on_disk(), 260U);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  EXPECT_EQ(taken(store, 9), record(60, 9));
  EXPECT_EQ(taken(store, 9), std::nullopt);
  EXPECT_EQ(taken(store, 8), record(200, 8));
  EXPECT_EQ(store.bytes_on_disk(), 0U);
  EXPECT_TRUE(store.put(10, record(150, 10)));
  EXPECT_EQ(taken(store, 10), record(150, 10));
  EXPECT_EQ(taken(store, 5), record(60, 5));
  EXPECT_EQ(taken(store, 7), record(40, 7));
  EXPECT_TRUE(store.empty());
  EXPECT_EQ(store.bytes_in_memory(), 0U);
}

TEST(ReorderStore, RecordsThatUseTheMemoryOfEarlierOnesHoldTheirOwnBytesOnly) {
  const TemporaryDirectory directory;
  ReorderStore store(directory.path(), 100);
  for (std::uint64_t i = 0; i < 40; ++i) {
    const std::vector<std::byte> in_memory(i % 7 * 10, std::byte(i)), on_disk(101, std::byte(i));
    EXPECT_TRUE(store.put(2 * i, in_memory));
    EXPECT_TRUE(store.put(2 * i + 1, on_disk));
    EXPECT_EQ(taken(store, 2 * i + 1), on_disk);
    EXPECT_EQ(taken(store, 2 * i), in_memory);
  }
  EXPECT_EQ(store.bytes_in_memory(), 0U);
}

TEST(ReorderStore, AnEmptyRecordIsARecordToo) {
  const TemporaryDirectory directory;
  ReorderStore store(directory.path(), 0);
  EXPECT_TRUE(store.put(1, std::vector<std::byte>{}));
  EXPECT_EQ(taken(store, 1), std::vector<std::byte>{});
}

TEST(ReorderStore, ADirectoryThatIsNotThereIsAnOutputError) {
  ReorderStore store("/nowhere/at/all", 0);
  EXPECT_THROW(store.put(1, std::vector<std::byte>(1)), OutputError);
}

}  // namespace
}  // namespace braggd
