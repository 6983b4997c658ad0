// What the LZ4 block decoder of x86 kernel sets copies, in vectors, and the zeros that it need not write.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <immintrin.h>

#include "kernels/lz4_block.hpp"
#include "kernels/lz4_format.hpp"
#include "kernels/target.hpp"

namespace braggd::lz4 {

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

}  // namespace braggd::lz4
