// LZ4 sequences: a token, literals, and a match that ends at most `last_literals` before the block does (lz4_Block_format.md).
#pragma once

#include <cstddef>

#include "kernels/target.hpp"

namespace braggd::lz4 {

// The format's own limits: a block ends with literals, at least 5 of them, and no match begins in its last 12 bytes.
inline constexpr std::size_t last_literals = 5;
inline constexpr std::ptrdiff_t last_match_begins = 12;
inline constexpr std::ptrdiff_t after_literals = 8;  // offset, one more token and the last literals
inline constexpr std::size_t shortest_match = 4;

inline constexpr unsigned length_goes_on = 15;  // in the token; then bytes are added until one is not 255

/// Adds the bytes that follow to a length. False where they reach `limit`.
BRAGGD_KERNEL_BODY bool extend_length(const std::byte*& in, const std::byte* limit, std::size_t& length) {
  std::size_t more = 255;
  while (more == 255) {
    if (in >= limit) return false;
    more = std::to_integer<std::size_t>(*in++);
    length += more;
  }
  return true;
}

}  // namespace braggd::lz4
