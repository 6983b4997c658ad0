// The same bits from every encoding, block size and kernel set.
#include <array>
#include <cstring>
#include <gtest/gtest.h>

#include "unit/kernels/sparsifying.hpp"

namespace braggd {
namespace {

/// Pixels of a detector: low background, some spots, some no-data, so that blocks compress and most groups are empty.
std::vector<std::byte> detector_like(Random& random, PixelType type, std::size_t n_pixels) {
  auto raw = random_raw(random, type, n_pixels, 0);
  const std::size_t bytes = bytes_per_pixel(type);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    if (i / 700 % 3 != 0 && random_below(random, 200) != 0) std::memset(raw.data() + i * bytes, 0, bytes);
  }
  return raw;
}

struct Form {
  PixelType type;
  Shape shape;
  Encoding encoding = Encoding::bslz4;
  std::size_t block_pixels = 0;  // 0: the encoder's choice
};

/// Every kernel set must keep the pixels of the plain chain, to the bit. Returns how many these are.
std::size_t expect_definition(const Form& form, std::span<const std::byte> raw, const SparsifyRule& rule) {
  SparseFrame expected, actual;
  std::vector<std::byte> chunk;
  const std::size_t bytes = bytes_per_pixel(form.type);
  encode_chunk(form.encoding, bytes, raw, chunk, form.block_pixels * bytes);
  EXPECT_TRUE(sparsify_by_definition(form.type, form.shape, raw, rule, expected));
  for (const KernelSet set : supported_kernel_sets()) {
    SCOPED_TRACE(name_of(set));
    EXPECT_TRUE(Sparsifier(form.type, form.shape, rule, set).run(form.encoding, chunk, actual).ok());
    expect_same_bits(actual, expected);
  }
  return expected.index.size();
}

// Blocks of whole groups of 512 pixels are compared as bit planes, others are not; the last block and the elements
// behind it are shorter.
TEST(Sparsify, EveryEncodingBlockSizeAndSetGivesTheBitsOfThePlainChain) {
  constexpr Shape shapes[] = {{16, 64}, {32, 128}, {9, 1031}, {3, 4099}, {40, 512}};
  constexpr std::size_t block_pixels[] = {0, 8, 24, 512, 1024, 1032, 4096};
  Random random(31);
  SparseFrame expected;
  SparseFrame actual;
  std::vector<std::byte> chunk;
  for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::u32, PixelType::f32}) {
    for (const Shape shape : shapes) {
      for (const std::size_t pixels : block_pixels) {
        const auto raw = detector_like(random, type, shape.pixels());
        const Case c = random_case(random, shape.pixels());
        const bool fits = sparsify_by_definition(type, shape, raw, c.rule, expected);
        for (const Encoding encoding : {Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
          encode_chunk(encoding, bytes_per_pixel(type), raw, chunk, pixels * bytes_per_pixel(type));
          for (const KernelSet set : supported_kernel_sets()) {
            SCOPED_TRACE(testing::Message()
                         << name_of(set) << " " << name_of(type) << " " << name_of(encoding) << " "
                         << shape.rows << " x " << shape.cols << " blocks of " << pixels);
            const auto outcome = Sparsifier(type, shape, c.rule, set).run(encoding, chunk, actual);
            ASSERT_EQ(outcome.damage, ChunkError::none);
            ASSERT_EQ(!outcome.too_many_pixels, fits);
            if (fits) expect_same_bits(actual, expected);
            if (HasFailure()) return;
          }
        }
      }
    }
  }
}

TEST(Sparsify, AFewPixelsWithLimitsFarAboveTheOthersAreComparedExactly) {
  Random random(32);
  const Shape shape{64, 64};
  std::vector<float> dark(shape.pixels());
  std::vector<std::uint16_t> raw(shape.pixels());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool hot = i % 1500 == 7;  // below one in a thousand
    dark[i] = hot ? 50000.25F : 100.0F + static_cast<float>(random_below(random, 64)) / 4.0F;
    raw[i] = static_cast<std::uint16_t>((hot ? 49990 : 100) + random_below(random, 60));
  }
  SparsifyRule rule;
  rule.dark = dark;
  rule.at_least = 20;
  rule.max_pixels = raw.size();
  expect_definition({PixelType::u16, shape}, bytes_of(raw), rule);
}

// What is remembered of blocks of zeros is the thread's and outlives frames, scans, encodings and types.
TEST(Sparsify, BlocksOfZerosThatAreKnownGiveTheBitsOfThePlainChain) {
  Random random(33);
  const Shape shape{48, 512};
  for (int repeat = 0; repeat < 300; ++repeat) {
    const PixelType type = std::array{PixelType::u8, PixelType::u16, PixelType::u32}[random_below(random, 3)];
    const std::size_t bytes = bytes_per_pixel(type);
    std::vector<std::byte> raw(shape.pixels() * bytes);
    for (std::size_t spots = random_below(random, 6); spots > 0; --spots) {
      raw[random_below(random, raw.size())] = static_cast<std::byte>(1 + random_below(random, 255));
    }
    const Encoding encoding = random_below(random, 4) == 0 ? Encoding::bszstd : Encoding::bslz4;
    const std::size_t block_pixels = std::array<std::size_t, 3>{512, 1024, 4096}[random_below(random, 3)];
    SparsifyRule rule;
    rule.at_least = static_cast<float>(random_below(random, 3)) - 0.5F;  // all are kept, or all but zeros
    rule.max_pixels = shape.pixels();
    std::vector<float> dark;
    if (random_below(random, 4) == 0) dark.assign(shape.pixels(), -3.0F);  // zeros are 3
    rule.dark = dark;
    expect_definition({type, shape, encoding, block_pixels}, raw, rule);
    if (HasFailure()) return;
  }
}

// Planes that a block does not use are not looked at; which these are differs from block to block.
TEST(Sparsify, LimitsBelowWithinAndAboveTheUsedPlanesGiveTheBitsOfThePlainChain) {
  Random random(34);
  const Shape shape{33, 1024};
  std::size_t kept = 0;
  for (int repeat = 0; repeat < 200; ++repeat) {
    const PixelType type = std::array{PixelType::u8, PixelType::u16, PixelType::u32}[random_below(random, 3)];
    const std::size_t bytes = bytes_per_pixel(type), width = 8 * bytes;
    std::vector<std::byte> raw(shape.pixels() * bytes);
    std::size_t used = 0;
    for (std::size_t i = 0; i < shape.pixels(); ++i) {
      if (i % 2048 == 0) used = random_below(random, width + 1);
      if (used == 0 || random_below(random, 8) != 0) continue;
      const std::uint64_t value = random() >> (64 - used);
      std::memcpy(raw.data() + i * bytes, &value, bytes);
    }
    SparsifyRule rule;
    rule.at_least = static_cast<float>(random() >> (63 - random_below(random, width + 2)));
    rule.max_pixels = shape.pixels();
    const std::size_t block_pixels =
        std::array<std::size_t, 4>{512, 1024, 2560, 4096}[random_below(random, 4)];
    kept += expect_definition({type, shape, Encoding::bslz4, block_pixels}, raw, rule);
    if (HasFailure()) return;
  }
  EXPECT_GT(kept, 10'000U);
}

TEST(Sparsify, ABlockThatIsCutShortIsDamagedThoughItBeginsAsABlockOfZeros) {
  const std::vector<std::uint16_t> raw(8192, 0);
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::bslz4, 2, bytes_of(raw), chunk);
  SparsifyRule rule;
  rule.at_least = 1;
  rule.max_pixels = 10;
  SparseFrame out;
  const Sparsifier sparsifier(PixelType::u16, {64, 128}, rule);
  ASSERT_TRUE(sparsifier.run(Encoding::bslz4, chunk, out).ok());
  for (const std::size_t at : {std::size_t{20}, chunk.size() - 9}) {
    std::vector<std::byte> damaged = chunk;
    damaged[at] ^= std::byte{0x55};
    EXPECT_EQ(sparsifier.run(Encoding::bslz4, damaged, out).ok(),
              Sparsifier(PixelType::u16, {64, 128}, rule, KernelSet::scalar)
                  .run(Encoding::bslz4, damaged, out)
                  .ok());
  }
  chunk.pop_back();
  EXPECT_EQ(sparsifier.run(Encoding::bslz4, chunk, out).damage, ChunkError::truncated);
}

// Limits of large frames are made in parts, by several threads.
TEST(Sparsify, LimitsOfALargeFrameAreThoseOfTheDefinition) {
  const Shape shape{1501, 2801};  // ends within a group of 512 pixels
  std::vector<float> dark(shape.pixels());
  std::vector<std::uint16_t> raw(shape.pixels());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    dark[i] = 1500.0F + static_cast<float>(i % 4001) / 8.0F;
    raw[i] = static_cast<std::uint16_t>(dark[i] + static_cast<float>(i * 2654435761U % 64) - 20.0F);
  }
  SparsifyRule rule;
  rule.dark = dark;
  rule.at_least = 40;
  rule.max_pixels = raw.size();
  EXPECT_GT(expect_definition({PixelType::u16, shape}, bytes_of(raw), rule), 10'000U);
}

TEST(Sparsify, DamageIsToldBeforeTooManyPixels) {
  const std::vector<std::uint16_t> raw(16384, 50);
  std::vector<std::byte> chunk;
  encode_chunk(Encoding::bslz4, 2, bytes_of(raw), chunk, 1024);
  SparsifyRule rule;
  rule.max_pixels = 10;
  SparseFrame out;
  const Sparsifier sparsifier(PixelType::u16, {128, 128}, rule);
  EXPECT_TRUE(sparsifier.run(Encoding::bslz4, chunk, out).too_many_pixels);
  chunk.pop_back();
  EXPECT_EQ(sparsifier.run(Encoding::bslz4, chunk, out).damage, ChunkError::truncated);
  EXPECT_TRUE(out.index.empty());
}

}  // namespace
}  // namespace braggd
