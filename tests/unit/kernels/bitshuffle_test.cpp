#include "kernels/bitshuffle.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

#include "unit/kernels/random_data.hpp"

namespace braggd {
namespace {

TEST(Bitshuffle, TheReferencePutsEachBitWhereTheLayoutSays) {
  // 8 elements of u16; only bit 0 of element 3 and bit 9 of element 7 are set.
  std::array<std::byte, 16> elements{};
  elements[2 * 3] = std::byte{0x01};
  elements[2 * 7 + 1] = std::byte{0x02};
  std::array<std::byte, 16> expected{};
  expected[0] = std::byte{1U << 3};
  expected[9] = std::byte{1U << 7};
  std::array<std::byte, 16> planes{};
  shuffle_bits_reference(2, elements, planes);
  EXPECT_EQ(planes, expected);
  std::array<std::byte, 16> back{};
  unshuffle_bits_reference(2, planes, back);
  EXPECT_EQ(back, elements);
}

TEST(Bitshuffle, EverySetGivesTheBitsOfTheReference) {
  Random random(1);
  for (const std::size_t element_bytes : {1U, 2U, 3U, 4U, 5U, 8U, 10U}) {
    for (const std::size_t groups : {0U, 1U, 2U, 7U, 63U, 64U, 65U, 128U, 200U, 512U}) {
      const auto elements = random_bytes(random, groups * 8 * element_bytes);
      std::vector<std::byte> expected(elements.size());
      shuffle_bits_reference(element_bytes, elements, expected);
      std::vector<std::byte> restored(elements.size());
      unshuffle_bits_reference(element_bytes, expected, restored);
      ASSERT_EQ(restored, elements);
      for (const KernelSet set : supported_kernel_sets()) {
        std::vector<std::byte> planes(elements.size());
        shuffle_bits(set, element_bytes, elements, planes);
        ASSERT_EQ(planes, expected) << name_of(set) << ", " << element_bytes << " x 8 x " << groups;
        std::vector<std::byte> back(elements.size());
        unshuffle_bits(set, element_bytes, planes, back);
        ASSERT_EQ(back, elements) << name_of(set) << ", " << element_bytes << " x 8 x " << groups;
      }
    }
  }
}

TEST(Bitshuffle, UnalignedSpansAreFine) {
  Random random(2);
  for (const std::size_t offset : {1U, 3U, 7U}) {
    const auto bytes = random_bytes(random, 8192 + offset);
    const std::span elements = std::span(bytes).subspan(offset);
    std::vector<std::byte> expected(8192);
    shuffle_bits_reference(2, elements, expected);
    for (const KernelSet set : supported_kernel_sets()) {
      std::vector<std::byte> planes(8192 + offset);
      shuffle_bits(set, 2, elements, std::span(planes).subspan(offset));
      EXPECT_TRUE(std::ranges::equal(std::span(planes).subspan(offset), expected)) << name_of(set);
    }
  }
}

}  // namespace
}  // namespace braggd
