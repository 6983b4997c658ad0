// Chunks that lie. Under the sanitizers a byte read or written outside ends the test; without them, guards
// do.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <vector>

#include "kernels/chunk_variants.hpp"
#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

constexpr std::array<Encoding, 3> packed_encodings{Encoding::lz4, Encoding::bslz4, Encoding::bszstd};
constexpr std::size_t guard_bytes = 64;

/// Decodes a copy that ends where its memory ends, into pixels between guards.
ChunkError decode_guarded(KernelSet set, Encoding encoding, std::size_t element_bytes,
                          const std::vector<std::byte>& chunk, std::size_t pixel_bytes) {
  const std::vector<std::byte> exact(chunk.begin(), chunk.end());
  std::vector<std::byte> memory(pixel_bytes + 2 * guard_bytes, std::byte{0xa5});
  const ChunkError error = decode_chunk_with(set, encoding, element_bytes, exact,
                                             std::span(memory).subspan(guard_bytes, pixel_bytes));
  const auto untouched = [](std::byte b) { return b == std::byte{0xa5}; };
  EXPECT_TRUE(std::all_of(memory.begin(), memory.begin() + guard_bytes, untouched));
  EXPECT_TRUE(std::all_of(memory.end() - guard_bytes, memory.end(), untouched));
  return error;
}

struct Sample {
  Encoding encoding;
  std::size_t element_bytes;
  std::size_t pixel_bytes;
  std::vector<std::byte> chunk;
};

Sample make_sample(Random& random, Encoding encoding, std::size_t element_bytes) {
  Sample sample{encoding, element_bytes, (8 * 20 + 5) * element_bytes, {}};
  const auto pixels = sparse_bytes(random, sample.pixel_bytes);
  encode_chunk(encoding, element_bytes, pixels, sample.chunk, 64 * element_bytes);
  return sample;
}

void put_big_endian(std::vector<std::byte>& chunk, std::size_t offset, std::size_t bytes,
                    std::uint64_t value) {
  for (std::size_t i = bytes; i-- > 0; value >>= 8) chunk[offset + i] = static_cast<std::byte>(value & 0xff);
}

TEST(HostileChunk, ATruncationAtAnyByteIsNoticed) {
  Random random(5);
  for (const Encoding encoding : packed_encodings) {
    const Sample sample = make_sample(random, encoding, 2);
    for (std::size_t end = 0; end < sample.chunk.size(); ++end) {
      const std::vector cut(sample.chunk.begin(), sample.chunk.begin() + static_cast<std::ptrdiff_t>(end));
      const ChunkError error = decode_guarded(KernelSet::scalar, encoding, 2, cut, sample.pixel_bytes);
      EXPECT_EQ(error, ChunkError::truncated) << name_of(encoding) << " cut at " << end;
    }
  }
}

TEST(HostileChunk, ATotalThatDiffersFromTheFrameIsRefused) {
  Random random(6);
  for (const Encoding encoding : packed_encodings) {
    for (const std::uint64_t total : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{328},
                                      std::uint64_t{331}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
      Sample sample = make_sample(random, encoding, 2);
      ASSERT_EQ(sample.pixel_bytes, 330U);
      put_big_endian(sample.chunk, 0, 8, total);
      EXPECT_EQ(decode_guarded(KernelSet::scalar, encoding, 2, sample.chunk, sample.pixel_bytes),
                ChunkError::wrong_size)
          << total;
    }
  }
  EXPECT_EQ(decode_guarded(KernelSet::scalar, Encoding::raw, 2, std::vector<std::byte>(8), 10),
            ChunkError::wrong_size);
}

TEST(HostileChunk, ABlockSizeThatIsZeroOrHugeOrUnevenIsRefused) {
  Random random(7);
  for (const Encoding encoding : packed_encodings) {
    for (const std::uint64_t block_bytes :
         {std::uint64_t{0}, std::uint64_t{0x80000000}, std::uint64_t{0xfffffff0}}) {
      Sample sample = make_sample(random, encoding, 2);
      put_big_endian(sample.chunk, 8, 4, block_bytes);
      EXPECT_EQ(decode_guarded(KernelSet::scalar, encoding, 2, sample.chunk, sample.pixel_bytes),
                ChunkError::bad_block_size)
          << name_of(encoding) << " " << block_bytes;
    }
  }
  Sample sample = make_sample(random, Encoding::bslz4, 2);
  put_big_endian(sample.chunk, 8, 4, 130);
  EXPECT_EQ(decode_guarded(KernelSet::scalar, Encoding::bslz4, 2, sample.chunk, sample.pixel_bytes),
            ChunkError::bad_block_size);
}

TEST(HostileChunk, ABlockThatLiesAboutItsLengthIsRefused) {
  Random random(8);
  for (const Encoding encoding : packed_encodings) {
    for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x7fffffff},
                                       std::uint64_t{0x80000000}, std::uint64_t{0xffffffff}}) {
      Sample sample = make_sample(random, encoding, 2);
      put_big_endian(sample.chunk, 12, 4, length);
      EXPECT_NE(decode_guarded(KernelSet::scalar, encoding, 2, sample.chunk, sample.pixel_bytes),
                ChunkError::none)
          << name_of(encoding) << " " << length;
    }
  }
}

TEST(HostileChunk, BytesBehindTheLastBlockAreRefused) {
  Random random(9);
  for (const Encoding encoding : packed_encodings) {
    Sample sample = make_sample(random, encoding, 4);
    sample.chunk.push_back(std::byte{0});
    EXPECT_EQ(decode_guarded(KernelSet::scalar, encoding, 4, sample.chunk, sample.pixel_bytes),
              ChunkError::trailing_bytes);
  }
}

TEST(HostileChunk, AnElementSizeThatDoesNotFitIsRefused) {
  Random random(10);
  const Sample sample = make_sample(random, Encoding::bslz4, 2);
  for (const std::size_t element_bytes : {0U, 3U, 257U}) {
    EXPECT_NE(
        decode_guarded(KernelSet::scalar, Encoding::bslz4, element_bytes, sample.chunk, sample.pixel_bytes),
        ChunkError::none);
  }
}

TEST(HostileChunk, ABlockThatUnpacksToMoreOrLessThanItsSizeIsCorrupt) {
  Random random(11);
  for (const Encoding encoding : {Encoding::bslz4, Encoding::bszstd}) {
    // The blocks of a chunk with 128-element blocks, declared as 64 or 192 elements.
    std::vector<std::byte> chunk;
    encode_chunk(encoding, 2, sparse_bytes(random, 1024), chunk, 256);
    for (const std::uint64_t declared : {128U, 384U}) {
      put_big_endian(chunk, 8, 4, declared);
      EXPECT_EQ(decode_guarded(KernelSet::scalar, encoding, 2, chunk, 1024), ChunkError::corrupt_block);
    }
  }
}

TEST(HostileChunk, TwentyThousandMutationsNeitherCrashNorDivideTheSets) {
  Random random(12);
  std::vector<Sample> samples;
  for (const Encoding encoding : packed_encodings) {
    for (const std::size_t element_bytes : {1U, 2U, 3U, 4U})
      samples.push_back(make_sample(random, encoding, element_bytes));
  }
  std::size_t survived = 0;
  for (int i = 0; i < 20000; ++i) {
    Sample sample = samples[random_below(random, samples.size())];
    for (std::size_t n = 1 + random_below(random, 4); n > 0; --n) {
      sample.chunk[random_below(random, sample.chunk.size())] = static_cast<std::byte>(random() & 0xff);
    }
    if (random_below(random, 4) == 0) sample.chunk.resize(random_below(random, sample.chunk.size() + 8));
    const auto decode = [&](KernelSet set) {
      return decode_guarded(set, sample.encoding, sample.element_bytes, sample.chunk, sample.pixel_bytes);
    };
    const ChunkError expected = decode(KernelSet::scalar);
    survived += expected == ChunkError::none ? 1 : 0;
    for (const KernelSet set : supported_kernel_sets()) ASSERT_EQ(decode(set), expected);
  }
  EXPECT_GT(survived, 0U);  // a changed literal is still a chunk
  EXPECT_LT(survived, 15000U);
}

}  // namespace
}  // namespace braggd
