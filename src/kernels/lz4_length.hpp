// Lengths of LZ4 sequences that go on after the token.
#pragma once

#include <cstddef>

#include "kernels/target.hpp"

namespace braggd {

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

}  // namespace braggd
