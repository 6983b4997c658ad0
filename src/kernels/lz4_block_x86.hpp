// The LZ4 block decoder of x86 kernel sets, for `lz4_block.cpp` alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/lz4_block.hpp"
#include "kernels/lz4_block_copies.hpp"
#include "kernels/lz4_format.hpp"
#include "kernels/target.hpp"

namespace braggd::lz4 {

/// What may be read beyond the place of a token without looking: it, a byte of length, 64 bytes of a literal, an offset.
inline constexpr std::size_t read_margin = 96;

/// What `unpack_noise` writes beyond the place of a token, and what must follow it: literals, a match, the block's end.
inline constexpr std::size_t noise_margin = 96;

/// How many literals follow a token, and where they end: what the token and one byte of length say of it.
struct Literals {
  std::size_t bytes;
  const std::byte* end;
};

/// A literal in five of noise has a byte of length, and which cannot be predicted: conditional moves, in place of which
/// compilers put branches.
BRAGGD_KERNEL_BODY Literals literals_of(const std::byte* in) {
  const auto token = std::to_integer<std::uint32_t>(in[0]);
  const auto added = std::to_integer<std::size_t>(in[1]);
  Literals literals{token >> 4, in + 1 + (token >> 4)};
  const Literals longer{length_goes_on + added, in + 2 + length_goes_on + added};
  asm("cmpl %[goes_on], %[token]\n\t"
      "cmovae %[longer_bytes], %[bytes]\n\t"
      "cmovae %[longer_end], %[end]"
      : [bytes] "+r"(literals.bytes), [end] "+r"(literals.end)
      : [token] "r"(token), [goes_on] "i"(length_goes_on << 4), [longer_bytes] "r"(longer.bytes),
        [longer_end] "r"(longer.end)
      : "cc");
  return literals;
}

/// Where a block is being unpacked: its next token, and where what that stands for goes.
struct Place {
  const std::byte* in;
  std::byte* out;
};

/// Unpacks sequences of noise, literals of every length and then a short match, and stops before the first that is not
/// such a one, is wrong, or begins behind a limit: `read_margin` and `noise_margin` before the ends. All that takes time
/// here is the way from a token to the next.
template <class Copy>
BRAGGD_KERNEL_BODY Place unpack_noise(Place place, const std::byte* block, Place limit) {
  while (place.in < limit.in && place.out < limit.out) {
    const std::size_t length = shortest_match + (std::to_integer<std::size_t>(*place.in) & 15U);
    const Literals literals = literals_of(place.in);
    if (literals.bytes > Copy::literals_width || length > Copy::short_match) break;
    Copy::literals_vector(place.out, literals.end - literals.bytes);
    std::byte* const match = place.out + literals.bytes;
    std::uint16_t offset = 0;
    std::memcpy(&offset, literals.end, sizeof offset);
    if (offset - std::size_t{1} >= static_cast<std::size_t>(match - block)) break;
    Copy::match_16(match, offset);
    place = {literals.end + sizeof offset, match + length};
  }
  return place;
}

/// Copies literals whose number goes on behind the token, and moves `place` from their length to their end. False where
/// they do not fit between `place` and `end`.
template <class Copy>
BRAGGD_KERNEL_BODY bool take_long_literals(Place& place, Place end, const std::byte* readable_end) {
  std::size_t literals = length_goes_on;
  if (!extend_length(place.in, end.in, literals)) return false;
  if (literals > static_cast<std::size_t>(end.in - place.in)) return false;
  if (literals > static_cast<std::size_t>(end.out - place.out)) return false;
  if (static_cast<std::size_t>(readable_end - place.in) >= literals + lz4_slack_bytes) {
    for (std::size_t i = 0; i < literals; i += Copy::literals_width)
      Copy::literals_vector(place.out + i, place.in + i);
  } else {
    std::memcpy(place.out, place.in, literals);
  }
  place = {place.in + literals, place.out + literals};
  return true;
}

enum class Unpacked { whole, not_a_block, up_to_the_margin };

/// Stops within `read_margin` of `readable_end`, having said nothing of the block.
template <class Copy>
BRAGGD_KERNEL_BODY Unpacked unpack_fast(std::span<const std::byte> packed, const std::byte* readable_end,
                                        BlockRoom& room) {
  const std::byte* const block = room.bytes;
  ZeroTail tail(room, std::exchange(room.zero_from, room.size));
  Place place{packed.data(), room.bytes};
  const Place end{packed.data() + packed.size(), room.bytes + room.size};
  const Place limit{end.in - std::min(packed.size(), read_margin),
                    end.out - std::min(room.size, noise_margin)};
  bool noise = true;
  while (place.in < end.in && static_cast<std::size_t>(readable_end - place.in) >= read_margin) {
    if (noise) [[unlikely]] {
      noise = false;
      place = unpack_noise<Copy>(place, block, limit);
      continue;
    }
    const auto token = std::to_integer<unsigned>(*place.in++);
    Copy::literals_16(place.out, place.in);
    if (token >> 4 == length_goes_on) [[unlikely]] {
      noise = true;  // after this sequence
      if (!take_long_literals<Copy>(place, end, readable_end)) return Unpacked::not_a_block;
    } else {
      place = {place.in + (token >> 4), place.out + (token >> 4)};
    }
    const bool ends = end.in - place.in < after_literals;
    const bool full = end.out - place.out < last_match_begins;
    if (static_cast<int>(ends) | static_cast<int>(full)) [[unlikely]] {
      if (place.in != end.in || place.out != end.out) return Unpacked::not_a_block;
      room.zero_from = tail.begin_in(room);
      return Unpacked::whole;
    }

    std::uint32_t word = 0;  // the offset and the first byte that a long length adds
    std::memcpy(&word, place.in, sizeof word);
    const std::size_t offset = word & 0xffffU;
    // One match in four is long, and which cannot be predicted: so arithmetic in place of a branch.
    const std::size_t goes_on = 0x80008000U >> (token & 31U) & 1U;  // whether the low four bits are all set
    const std::size_t added = word >> 16 & 0xffU & (0 - goes_on);
    std::size_t length = shortest_match + (token & 15U) + added;
    place.in += 2 + goes_on;
    if (added == 255 && !extend_length(place.in, end.in - last_literals + 1, length)) [[unlikely]] {
      return Unpacked::not_a_block;
    }
    const bool too_far = offset - 1 >= static_cast<std::size_t>(place.out - block);
    const bool too_long = length > static_cast<std::size_t>(end.out - place.out) - last_literals;
    if (static_cast<int>(too_far) | static_cast<int>(too_long)) [[unlikely]]
      return Unpacked::not_a_block;
    Copy::match(place.out, offset, length, tail);
    place.out += length;
  }
  return place.in < end.in ? Unpacked::up_to_the_margin : Unpacked::not_a_block;
}

}  // namespace braggd::lz4
