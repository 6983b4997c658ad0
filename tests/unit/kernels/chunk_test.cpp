#include "kernels/chunk.hpp"

#include <array>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

#include "kernels/chunk_variants.hpp"
#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

constexpr std::array<Encoding, 4> encodings{Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd};

std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(Chunk, WhatIsEncodedDecodesToTheSameInEverySet) {
  Random random(3);
  for (const Encoding encoding : encodings) {
    for (const std::size_t element_bytes : {1U, 2U, 3U, 4U, 8U}) {
      for (const std::size_t elements : {0U, 1U, 7U, 8U, 9U, 4095U, 4096U, 4097U, 10000U}) {
        const auto pixels = random_below(random, 2) == 0 ? sparse_bytes(random, elements * element_bytes)
                                                         : random_bytes(random, elements * element_bytes);
        for (const std::size_t block_bytes : {std::size_t{0}, 8 * element_bytes, 1024 * element_bytes}) {
          std::vector<std::byte> expected;
          encode_chunk_with(KernelSet::scalar, encoding, element_bytes, pixels, expected, block_bytes);
          for (const KernelSet set : supported_kernel_sets()) {
            std::vector<std::byte> chunk;
            encode_chunk_with(set, encoding, element_bytes, pixels, chunk, block_bytes);
            ASSERT_EQ(chunk, expected) << name_of(set) << " " << name_of(encoding);
            std::vector<std::byte> decoded(pixels.size());
            ASSERT_EQ(decode_chunk_with(set, encoding, element_bytes, chunk, decoded), ChunkError::none)
                << name_of(set) << " " << name_of(encoding) << " " << elements << " x " << element_bytes;
            ASSERT_EQ(decoded, pixels);
          }
        }
      }
    }
  }
}

TEST(Chunk, Lz4StoresABlockThatDoesNotShrinkAsItIs) {
  Random random(4);
  const auto pixels = random_bytes(random, 64);
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::lz4, 2, pixels, chunk);
  auto expected = bytes_of({0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 64});
  expected.insert(expected.end(), pixels.begin(), pixels.end());
  EXPECT_EQ(chunk, expected);
}

TEST(Chunk, LeftOverElementsStandRawBehindTheLastBlock) {
  // 9 elements of u8: one block of 8 zeros as LZ4 (8 literals), then the ninth element as it is.
  const auto chunk = bytes_of({0, 0, 0, 0, 0,    0, 0, 9, 0, 0, 0x20, 0,  // header
                               0, 0, 0, 9, 0x80, 1, 0, 0, 0, 0, 0,    0, 0, 42});
  std::vector<std::byte> pixels(9);
  ASSERT_EQ(decode_chunk(Encoding::bslz4, 1, chunk, pixels), ChunkError::none);
  // Plane 0 is 1: bit 0 of element 0.
  EXPECT_EQ(pixels, bytes_of({1, 0, 0, 0, 0, 0, 0, 0, 42}));
}

TEST(Chunk, ABlockSizeBeyondTheTotalIsLegal) {
  const std::vector<std::byte> pixels(64, std::byte{5});
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::bslz4, 2, pixels, chunk);
  chunk[8] = std::byte{0x7f};  // 0x7f002000 bytes a block: a multiple of 16, below INT_MAX
  std::vector<std::byte> decoded(64);
  EXPECT_EQ(decode_chunk(Encoding::bslz4, 2, chunk, decoded), ChunkError::none);
  EXPECT_EQ(decoded, pixels);
}

TEST(Chunk, AFrameWithoutPixelsIsAHeaderAlone) {
  const auto chunk = bytes_of({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  for (const Encoding encoding : {Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
    EXPECT_EQ(decode_chunk(encoding, 2, chunk, {}), ChunkError::none);
  }
  EXPECT_EQ(decode_chunk(Encoding::raw, 2, {}, {}), ChunkError::none);
}

TEST(Chunk, TheDefaultBlockIsThatOfBitshuffle) {
  std::vector<std::byte> chunk;
  const auto block_bytes = [&](std::size_t element_bytes) {
    const std::vector<std::byte> pixels(element_bytes * 16);
    encode_chunk(Encoding::bslz4, element_bytes, pixels, chunk);
    return std::to_integer<unsigned>(chunk[10]) << 8 | std::to_integer<unsigned>(chunk[11]);
  };
  for (const std::size_t element_bytes : {1U, 2U, 4U, 8U}) EXPECT_EQ(block_bytes(element_bytes), 8192U);
  EXPECT_EQ(block_bytes(3), 8184U);         // 2728 elements: a multiple of 8
  EXPECT_EQ(block_bytes(256), 128U * 256);  // at least 128 elements
}

TEST(Chunk, ARequestThatCannotBeEncodedIsRefused) {
  std::vector<std::byte> chunk;
  const std::vector<std::byte> pixels(64);
  EXPECT_THROW(encode_chunk(Encoding::bslz4, 2, pixels, chunk, 24), std::invalid_argument);
  EXPECT_THROW(encode_chunk(Encoding::bslz4, 0, pixels, chunk), std::invalid_argument);
  EXPECT_THROW(encode_chunk(Encoding::bslz4, 3, pixels, chunk), std::invalid_argument);
  EXPECT_THROW(encode_chunk(Encoding::lz4, 2, pixels, chunk, std::size_t{1} << 31), std::invalid_argument);
}

}  // namespace
}  // namespace braggd
