#include "formats/global_heap.hpp"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "formats/hdf5_values.hpp"
#include "unit/formats/hdf5_samples.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd::hdf5 {
namespace {

struct Object {
  std::uint16_t index;
  std::uint64_t size;
};

std::vector<std::byte> heap(std::uint64_t size, const std::vector<Object>& objects) {
  std::vector<std::byte> bytes(64);
  std::memcpy(bytes.data(), "GCOL\1", 5);
  std::memcpy(bytes.data() + 8, &size, 8);
  std::size_t at = 16;
  for (const Object& object : objects) {
    std::memcpy(bytes.data() + at, &object.index, 2);
    std::memcpy(bytes.data() + at + 8, &object.size, 8);
    at += 24;
  }
  return bytes;
}

TEST(GlobalHeap, ObjectsThatFillTheirCollectionAreSound) {
  EXPECT_TRUE(is_sound_global_heap(heap(64, {{1, 5}, {0, 24}})));
  EXPECT_TRUE(is_sound_global_heap(heap(64, {{1, 8}, {2, 8}})));
  EXPECT_EQ(global_heap_bytes(heap(64, {})), 64U);
  EXPECT_FALSE(global_heap_bytes(std::vector<std::byte>(64)));
}

TEST(GlobalHeap, LengthsThatLeadOutOrNowhereAreNot) {
  EXPECT_FALSE(is_sound_global_heap(heap(65, {{1, 5}, {0, 24}})));
  EXPECT_FALSE(is_sound_global_heap(heap(64, {{1, 5}, {0, 0}}))) << "would be walked for ever";
  EXPECT_FALSE(is_sound_global_heap(heap(64, {{1, 5}, {2, 9}})));
  EXPECT_FALSE(is_sound_global_heap(heap(64, {{1, ~std::uint64_t{0}}})));
  EXPECT_FALSE(is_sound_global_heap(heap(64, {{1, ~std::uint64_t{0} - 20}})));
}

TEST(GlobalHeap, ATextInADamagedHeapIsUnreadableAndNothingWorse) {
  const TemporaryDirectory directory;
  const auto path = directory / "text.h5";
  set_attribute(create_plain_file(path), "text", "a text of variable length");
  EXPECT_EQ(read_attribute_text(open_file(path), "/", "text"), "a text of variable length");
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const std::size_t size_of_object = bytes.find("GCOL") + 16 + 8;
  file.seekp(static_cast<std::streamoff>(size_of_object + 3)).put('\x70');
  file.close();
  EXPECT_EQ(read_attribute_text(open_file(path), "/", "text"), std::nullopt);
}

}  // namespace
}  // namespace braggd::hdf5
