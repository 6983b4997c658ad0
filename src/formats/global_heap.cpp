#include "formats/global_heap.hpp"

#include <algorithm>
#include <cstring>

namespace braggd::hdf5 {

namespace {

constexpr std::size_t header_bytes = 16;         // "GCOL", version, 3 reserved, u64 size
constexpr std::size_t object_header_bytes = 16;  // u16 index, u16 references, 4 reserved, u64 size

std::uint64_t load_u64(const std::byte* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace

std::optional<std::uint64_t> global_heap_bytes(std::span<const std::byte> bytes) {
  constexpr unsigned char signature[5] = {'G', 'C', 'O', 'L', 1};
  if (bytes.size() < header_bytes || std::memcmp(bytes.data(), signature, sizeof(signature)) != 0)
    return std::nullopt;
  return load_u64(bytes.data() + 8);
}

bool is_sound_global_heap(std::span<const std::byte> collection) {
  if (collection.size() < header_bytes || load_u64(collection.data() + 8) != collection.size()) return false;
  auto rest = collection.subspan(header_bytes);
  while (rest.size() >= object_header_bytes) {
    const bool is_free_space = rest[0] == std::byte{0} && rest[1] == std::byte{0};
    const std::uint64_t size = load_u64(rest.data() + 8);
    if (size > rest.size()) return false;
    // The size of free space includes its header, that of an object does not and is padded to 8 bytes.
    const std::uint64_t step = is_free_space ? size : object_header_bytes + (size + 7) / 8 * 8;
    if (step < object_header_bytes || step > rest.size()) return false;
    rest = rest.subspan(static_cast<std::size_t>(step));
  }
  return true;
}

}  // namespace braggd::hdf5
