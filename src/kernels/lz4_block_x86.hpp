// The LZ4 block decoder of x86 kernel sets, for `lz4_block.cpp` alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <utility>

#include "kernels/lz4_block.hpp"
#include "kernels/lz4_length.hpp"
#include "kernels/target.hpp"

namespace braggd {

// The format's own limits: a block ends with literals, at least 5 of them, and no match begins in its last 12 bytes.
inline constexpr std::size_t last_literals = 5;
inline constexpr std::ptrdiff_t last_match_begins = 12;
inline constexpr std::ptrdiff_t after_literals = 8;  // offset, one more token and the last literals
inline constexpr std::size_t shortest_match = 4;

/// What may be read beyond the place of a token without looking: it, a byte of length, 64 bytes of a literal, an offset.
inline constexpr std::size_t read_margin = 96;

/// What `unpack_noise` writes beyond the place of a token, and what must follow it: literals, a match, the block's end.
inline constexpr std::size_t noise_margin = 96;

/// For each match offset below `width` the vector that repeats the last `offset` bytes, and how far that vector
/// advances a match: the largest multiple of the offset. Row `width` copies.
template <std::size_t width>
struct Repeats {
  alignas(64) std::array<std::array<std::uint8_t, width>, width + 1> source{};
  std::array<std::uint8_t, width + 1> step{};
};

template <std::size_t width>
constexpr Repeats<width> make_repeats() {
  Repeats<width> repeats;
  for (std::size_t offset = 1; offset <= width; ++offset) {
    for (std::size_t i = 0; i < width; ++i) repeats.source[offset][i] = static_cast<std::uint8_t>(i % offset);
    repeats.step[offset] = static_cast<std::uint8_t>(width - width % offset);
  }
  return repeats;
}

/// The zeros that end a block, and how many of them the block before has left.
class ZeroTail {
 public:
  static constexpr std::size_t shortest = 1024;  // shorter runs are not worth a look

  BRAGGD_KERNEL_BODY ZeroTail(const BlockRoom& room, std::size_t zero_from)
      : known_(room.bytes + zero_from) {}

  /// A run of zeros: returns up to where it is to be written. What was copied before it may overhang its beginning.
  BRAGGD_KERNEL_BODY std::byte* run(std::byte* begin, std::byte* end) {
    begin_ = begin;
    end_ = end;
    return std::min(end, std::max(known_, begin + lz4_slack_bytes));
  }
  /// From where the whole block is zeros: `room.size` where it does not end with a run and a few more.
  BRAGGD_KERNEL_BODY std::size_t begin_in(const BlockRoom& room) const {
    const std::byte* const block_end = room.bytes + room.size;
    if (end_ == nullptr || block_end - end_ > last_match_begins) return room.size;
    const bool zeros = std::all_of(static_cast<const std::byte*>(end_), block_end,
                                   [](std::byte byte) { return byte == std::byte{0}; });
    return zeros ? static_cast<std::size_t>(begin_ - room.bytes) : room.size;
  }

 private:
  std::byte* known_;
  std::byte *begin_ = nullptr, *end_ = nullptr;
};

/// What both sets copy with 16-byte vectors.
struct ShortCopy {
  static constexpr std::size_t short_match = 16;
  static constexpr Repeats<short_match> short_repeats = make_repeats<short_match>();

  BRAGGD_TARGET_AVX2 static void literals_16(std::byte* to, const std::byte* from) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from)));
  }
  /// The first 16 bytes of a match, and what they are.
  BRAGGD_TARGET_AVX2 static __m128i match_16(std::byte* to, std::size_t offset) {
    const std::size_t row = std::min(offset, short_match);
    const __m128i repeat = _mm_load_si128(reinterpret_cast<const __m128i*>(short_repeats.source[row].data()));
    const __m128i bytes =
        _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(to - offset)), repeat);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    return bytes;
  }
};

/// Copies with 16-byte vectors, literals with 32-byte ones.
struct Avx2Copy : ShortCopy {
  static constexpr std::size_t width = 16;
  static constexpr std::size_t literals_width = 32;

  BRAGGD_TARGET_AVX2 static void literals_vector(std::byte* to, const std::byte* from) {
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(to),
                        _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from)));
  }
  BRAGGD_TARGET_AVX2 static void match(std::byte* to, std::size_t offset, std::size_t n, ZeroTail& tail) {
    const std::byte* from = to - offset;
    std::byte* end = to + n;
    const __m128i first = match_16(to, offset);
    if (n <= width) return;
    if (offset < width) {
      const std::size_t step = short_repeats.step[offset];
      if (n >= ZeroTail::shortest && _mm_testz_si128(first, first) != 0) end = tail.run(to, end);
      for (to += step; to < end; to += step) _mm_storeu_si128(reinterpret_cast<__m128i*>(to), first);
      return;
    }
    for (to += width, from += width; to < end; to += width, from += width) literals_16(to, from);
  }
};

/// Copies with 64-byte vectors.
struct VbmiCopy : ShortCopy {
  static constexpr std::size_t width = 64;
  static constexpr std::size_t literals_width = 64;
  static constexpr Repeats<width> repeats = make_repeats<width>();

  BRAGGD_TARGET_VBMI static void literals_vector(std::byte* to, const std::byte* from) {
    _mm512_storeu_si512(to, _mm512_loadu_si512(from));
  }
  BRAGGD_TARGET_VBMI static void match(std::byte* to, std::size_t offset, std::size_t n, ZeroTail& tail) {
    const std::byte* from = to - offset;
    std::byte* end = to + n;
    const std::size_t row = std::min(offset, width);
    const __m512i repeat = _mm512_load_si512(repeats.source[row].data());
    const __m512i first = _mm512_permutexvar_epi8(repeat, _mm512_loadu_si512(from));
    _mm512_storeu_si512(to, first);
    if (n <= width) return;
    if (offset < width) {
      const std::size_t step = repeats.step[row];
      if (n >= ZeroTail::shortest && _mm512_test_epi64_mask(first, first) == 0) end = tail.run(to, end);
      for (to += step; to < end; to += step) _mm512_storeu_si512(to, first);
      return;
    }
    for (to += width, from += width; to < end; to += width, from += width) literals_vector(to, from);
  }
};

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
/// such a one, is wrong, or begins behind a limit: `read_margin` and `noise_margin` before the ends. All that takes time here is the way from a
/// token to the next.
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

}  // namespace braggd
