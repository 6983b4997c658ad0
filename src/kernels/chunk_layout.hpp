// What the chunk decoder and encoder share: the header, and how a bitshuffled chunk is cut into blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace braggd {

inline constexpr std::size_t chunk_header_bytes = 12;  ///< u64 total bytes, u32 block bytes, both big-endian
inline constexpr std::size_t block_length_bytes = 4;   ///< u32 big-endian before every block
inline constexpr std::size_t max_element_bytes = 256;
inline constexpr int zstd_level = 3;

constexpr std::uint64_t load_big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

/// Bytes of the bitshuffled block that begins where `remaining` bytes are left: whole groups of 8 elements,
/// at most block_bytes (itself a multiple of 8 elements). 0: what is left is too short and stands there as it
/// is.
constexpr std::size_t shuffled_block_bytes(std::size_t remaining, std::size_t block_bytes,
                                           std::size_t element_bytes) {
  const std::size_t whole = remaining - remaining % (8 * element_bytes);
  return whole < block_bytes ? whole : block_bytes;
}

}  // namespace braggd
