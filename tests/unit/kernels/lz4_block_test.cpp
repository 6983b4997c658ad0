#include "kernels/lz4_block.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <lz4.h>
#include <vector>

#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

std::vector<std::byte> packed(const std::vector<std::byte>& block) {
  std::vector<std::byte> out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(block.size()))));
  const int size =
      LZ4_compress_default(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
                           static_cast<int>(block.size()), static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// Unpacks a copy with `behind` readable bytes behind it, into memory that ends behind the slack.
bool unpack(KernelSet set, const std::vector<std::byte>& block, std::size_t behind,
            std::vector<std::byte>& out) {
  std::vector<std::byte> memory = block;
  memory.resize(block.size() + behind, std::byte{0x11});
  std::vector<std::byte> bytes(out.size() + lz4_slack_bytes);
  BlockRoom room{bytes.data(), out.size(), out.size()};
  const bool whole =
      unpack_lz4_block(set, {memory.data(), block.size()}, memory.data() + memory.size(), room);
  std::copy_n(bytes.begin(), out.size(), out.begin());
  return whole;
}

/// Runs and repeats of every length and distance, as bit planes have them.
std::vector<std::byte> plane_like(Random& random, std::size_t n) {
  std::vector<std::byte> block;
  while (block.size() < n) {
    const std::size_t length = 1 + random_below(random, random_below(random, 8) == 0 ? 600 : 40);
    const bool repeat = !block.empty() && random_below(random, 3) != 0;
    const std::size_t distance =
        repeat ? 1 + random_below(random, std::min<std::size_t>(block.size(), 200)) : 0;
    for (std::size_t i = 0; i < length; ++i) {
      block.push_back(repeat ? block[block.size() - distance] : static_cast<std::byte>(random() & 0xff));
    }
  }
  block.resize(n);
  return block;
}

TEST(Lz4Block, EverySetUnpacksWhatLiblz4Packed) {
  Random random(41);
  for (int repeat = 0; repeat < 600; ++repeat) {
    const auto block = plane_like(random, 16 + random_below(random, 9000));
    const auto bytes = packed(block);
    for (const KernelSet set : supported_kernel_sets()) {
      for (const std::size_t behind : {std::size_t{0}, std::size_t{95}, std::size_t{4096}}) {
        std::vector<std::byte> out(block.size());
        ASSERT_TRUE(unpack(set, bytes, behind, out)) << name_of(set);
        ASSERT_EQ(out, block) << name_of(set);
      }
    }
  }
}

/// Counts: planes of noise, then of a few bits, then zeros; now and then a bit in the very last bytes.
std::vector<std::byte> counts_like(Random& random, std::size_t n) {
  std::vector<std::byte> block(n);
  const std::size_t noisy = random_below(random, n);
  for (std::size_t i = 0; i < noisy; ++i)
    block[i] = static_cast<std::byte>(random() & random() & random() & 0xff);
  for (std::size_t bits = random_below(random, 6); bits > 0; --bits)
    block[noisy + random_below(random, n - noisy)] = static_cast<std::byte>(1U << random_below(random, 8));
  if (random_below(random, 4) == 0) block[n - 1 - random_below(random, 20)] = std::byte{4};
  return block;
}

// Zeros that the block before has left are not written again: blocks, damaged ones among them, go into one room.
TEST(Lz4Block, WhatWasInTheRoomBeforeMakesNoDifference) {
  Random random(44);
  constexpr std::size_t size = 8192;
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<std::byte> bytes(size + lz4_slack_bytes, std::byte{0xee});
    BlockRoom room{bytes.data(), size, size};
    std::size_t with_tail = 0;
    for (int repeat = 0; repeat < 2000; ++repeat) {
      const auto block = random_below(random, 3) == 0 ? plane_like(random, size) : counts_like(random, size);
      auto bytes_packed = packed(block);
      const std::size_t n = bytes_packed.size();
      bytes_packed.resize(n + 4096, std::byte{0x11});
      const bool damaged = random_below(random, 5) == 0;
      if (damaged) bytes_packed[random_below(random, n)] ^= std::byte{0x81};
      std::vector<std::byte> expected(size + lz4_slack_bytes);
      BlockRoom by_definition{expected.data(), size, size};
      const bool whole =
          unpack_lz4_block(KernelSet::scalar, {bytes_packed.data(), n}, nullptr, by_definition);
      ASSERT_EQ(
          unpack_lz4_block(set, {bytes_packed.data(), n}, bytes_packed.data() + bytes_packed.size(), room),
          whole)
          << name_of(set);
      if (!damaged) {
        ASSERT_TRUE(whole);
      }
      if (!whole) continue;
      ASSERT_TRUE(std::equal(expected.begin(), expected.begin() + size, bytes.begin()))
          << name_of(set) << repeat;
      ASSERT_TRUE(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(room.zero_from),
                              bytes.begin() + size, [](std::byte byte) { return byte == std::byte{0}; }));
      with_tail += room.zero_from < size ? 1 : 0;
    }
    EXPECT_TRUE(set == KernelSet::scalar || with_tail > 200) << with_tail;
  }
}

/// Writes sequences by hand, so that their lengths can be chosen.
class Sequences {
 public:
  /// `literals` random bytes, then `length` of those that lie `offset` before; a length of 0: the block's end.
  void add(Random& random, std::size_t literals, std::size_t offset = 0, std::size_t length = 0) {
    const std::size_t more = length == 0 ? 0 : length - 4;
    packed_.push_back(
        static_cast<std::byte>(std::min<std::size_t>(literals, 15) << 4 | std::min<std::size_t>(more, 15)));
    add_length(literals);
    for (const std::byte byte : random_bytes(random, literals)) {
      packed_.push_back(byte);
      block_.push_back(byte);
    }
    if (length == 0) return;
    packed_.push_back(static_cast<std::byte>(offset & 0xffU));
    packed_.push_back(static_cast<std::byte>(offset >> 8));
    add_length(more);
    for (std::size_t i = 0; i < length; ++i) block_.push_back(block_[block_.size() - offset]);
  }
  const std::vector<std::byte>& packed() const { return packed_; }
  const std::vector<std::byte>& block() const { return block_; }

 private:
  void add_length(std::size_t length) {
    if (length < 15) return;
    for (length -= 15; length >= 255; length -= 255) packed_.push_back(std::byte{255});
    packed_.push_back(static_cast<std::byte>(length));
  }
  std::vector<std::byte> packed_, block_;
};

// Noise is unpacked by a loop of its own: up to some length of literals and of matches, and some distance from the ends.
TEST(Lz4Block, LengthsAroundThoseOfNoise) {
  Random random(45);
  constexpr std::array<std::size_t, 14> literals_of{0, 1, 13, 14, 15, 16, 31, 32, 33, 63, 64, 65, 269, 270};
  constexpr std::array<std::size_t, 8> lengths{4, 8, 15, 16, 17, 18, 19, 65};
  for (int repeat = 0; repeat < 3000; ++repeat) {
    Sequences sequences;
    sequences.add(random, 1 + random_below(random, 40), 1, 4);
    for (std::size_t i = random_below(random, 12); i > 0; --i) {
      const std::size_t literals = literals_of[random_below(random, literals_of.size())];
      const std::size_t reach = sequences.block().size() + literals;
      sequences.add(random, literals, 1 + random_below(random, std::min<std::size_t>(reach, 80)),
                    lengths[random_below(random, lengths.size())]);
    }
    sequences.add(random, 12 + random_below(random, 120));
    for (const KernelSet set : supported_kernel_sets()) {
      for (const std::size_t behind : {std::size_t{0}, std::size_t{60}, std::size_t{4096}}) {
        std::vector<std::byte> out(sequences.block().size());
        ASSERT_TRUE(unpack(set, sequences.packed(), behind, out)) << name_of(set);
        ASSERT_EQ(out, sequences.block()) << name_of(set);
      }
    }
  }
}

/// What liblz4 says, but for matches with the offset 0: those are refused.
TEST(Lz4Block, TheVerdictOnDamagedBlocksIsThatOfTheDefinition) {
  Random random(42);
  int accepted = 0;
  for (int repeat = 0; repeat < 4000; ++repeat) {
    const std::size_t size = 16 + random_below(random, 700);
    auto bytes = packed(plane_like(random, size));
    for (std::size_t i = random_below(random, 3) + 1; i > 0; --i) {
      bytes[random_below(random, bytes.size())] = static_cast<std::byte>(random() & 0xff);
    }
    std::vector<std::byte> expected(size);
    const bool whole = unpack(KernelSet::scalar, bytes, 4096, expected);
    accepted += whole ? 1 : 0;
    for (const KernelSet set : supported_kernel_sets()) {
      std::vector<std::byte> out(size);
      ASSERT_EQ(unpack(set, bytes, 4096, out), whole) << name_of(set);
      if (whole) {
        ASSERT_EQ(out, expected) << name_of(set);
      }
    }
  }
  EXPECT_GT(accepted, 100) << "the mutations are too rough to say anything";
}

TEST(Lz4Block, AMatchWithTheOffsetZeroIsRefusedByEverySet) {
  // 8 literals, a match of 8 with its offset, 12 literals.
  std::vector<std::byte> bytes{std::byte{0x84}};
  for (int i = 0; i < 8; ++i) bytes.push_back(std::byte{7});
  bytes.push_back(std::byte{1});
  bytes.push_back(std::byte{0});
  bytes.push_back(std::byte{0xc0});
  for (int i = 0; i < 12; ++i) bytes.push_back(std::byte{9});
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<std::byte> out(28);
    bytes[9] = std::byte{1};
    EXPECT_TRUE(unpack(set, bytes, 4096, out)) << name_of(set);
    bytes[9] = std::byte{0};
    EXPECT_FALSE(unpack(set, bytes, 4096, out)) << name_of(set);
  }
}

TEST(Lz4Block, AnEmptyBlockIsOneZeroTokenInEverySet) {
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<std::byte> out;
    EXPECT_TRUE(unpack(set, {std::byte{0}}, 4096, out)) << name_of(set);
    EXPECT_FALSE(unpack(set, {std::byte{4}}, 4096, out)) << name_of(set);
  }
}

TEST(Lz4Block, AnotherSizeThanTheBlocksIsRefused) {
  Random random(43);
  const auto bytes = packed(plane_like(random, 1000));
  for (const KernelSet set : supported_kernel_sets()) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{999}, std::size_t{1001}}) {
      std::vector<std::byte> out(size);
      EXPECT_FALSE(unpack(set, bytes, 4096, out)) << name_of(set) << " " << size;
    }
    std::vector<std::byte> out(1000);
    EXPECT_FALSE(unpack(set, {}, 4096, out));
  }
}

}  // namespace
}  // namespace braggd
