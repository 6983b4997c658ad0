#include "kernels/lz4_block.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstring>
#include <lz4.h>
#include <utility>

#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd {

namespace {

constexpr unsigned length_goes_on = 15;  // in the token; then bytes are added until one is not 255

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

/// Whether a match of a block that liblz4 accepts has the offset 0, of which liblz4 makes something.
bool has_zero_offset(std::span<const std::byte> packed) {
  const std::byte* in = packed.data();
  const std::byte* const end = in + packed.size();
  while (in < end) {
    const auto token = std::to_integer<unsigned>(*in++);
    std::size_t literals = token >> 4;
    if (literals == length_goes_on && !extend_length(in, end, literals)) return false;
    if (literals + 2 > static_cast<std::size_t>(end - in)) return false;
    in += literals;
    if (in[0] == std::byte{0} && in[1] == std::byte{0}) return true;
    in += 2;
    std::size_t length = token & 15U;
    if (length == length_goes_on && !extend_length(in, end, length)) return false;
  }
  return false;
}

bool unpack_plain(std::span<const std::byte> packed, BlockRoom& room) {
  room.zero_from = room.size;
  if (packed.size() > INT_MAX || room.size > INT_MAX) return false;
  const int unpacked =
      LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(room.bytes),
                          static_cast<int>(packed.size()), static_cast<int>(room.size));
  return unpacked >= 0 && static_cast<std::size_t>(unpacked) == room.size && !has_zero_offset(packed);
}

#if BRAGGD_X86_KERNELS

// The format's own limits: a block ends with literals, at least 5 of them, and no match begins in its last 12 bytes.
constexpr std::size_t last_literals = 5;
constexpr std::ptrdiff_t last_match_begins = 12;
constexpr std::ptrdiff_t after_literals = 8;  // offset, one more token and the last literals
constexpr std::size_t shortest_match = 4;

/// What may be read beyond the place of a token without looking: it, 64 bytes of a short literal, an offset.
constexpr std::size_t read_margin = 96;

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

/// Copies with 16-byte vectors.
struct Avx2Copy {
  static constexpr std::size_t width = 16;
  static constexpr Repeats<width> repeats = make_repeats<width>();

  BRAGGD_TARGET_AVX2 static void literals_16(std::byte* to, const std::byte* from) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from)));
  }
  BRAGGD_TARGET_AVX2 static void literals(std::byte* to, const std::byte* from, std::size_t n) {
    for (std::size_t i = 0; i < n; i += 32) {
      _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(to + i),
                          _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from + i)));
    }
  }
  BRAGGD_TARGET_AVX2 static void match(std::byte* to, std::size_t offset, std::size_t n, ZeroTail& tail) {
    const std::byte* from = to - offset;
    std::byte* end = to + n;
    const std::size_t row = offset < width ? offset : width;
    const __m128i repeat = _mm_load_si128(reinterpret_cast<const __m128i*>(repeats.source[row].data()));
    const __m128i first = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from)), repeat);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), first);
    if (n <= width) return;
    if (offset < width) {
      const std::size_t step = repeats.step[row];
      if (n >= ZeroTail::shortest && _mm_testz_si128(first, first) != 0) end = tail.run(to, end);
      for (to += step; to < end; to += step) _mm_storeu_si128(reinterpret_cast<__m128i*>(to), first);
      return;
    }
    for (to += width, from += width; to < end; to += width, from += width) literals_16(to, from);
  }
};

/// Copies with 64-byte vectors.
struct VbmiCopy {
  static constexpr std::size_t width = 64;
  static constexpr Repeats<width> repeats = make_repeats<width>();

  BRAGGD_TARGET_VBMI static void literals_16(std::byte* to, const std::byte* from) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from)));
  }
  BRAGGD_TARGET_VBMI static void literals(std::byte* to, const std::byte* from, std::size_t n) {
    for (std::size_t i = 0; i < n; i += width) _mm512_storeu_si512(to + i, _mm512_loadu_si512(from + i));
  }
  BRAGGD_TARGET_VBMI static void match(std::byte* to, std::size_t offset, std::size_t n, ZeroTail& tail) {
    const std::byte* from = to - offset;
    std::byte* end = to + n;
    const std::size_t row = offset < width ? offset : width;
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
    for (to += width, from += width; to < end; to += width, from += width) {
      _mm512_storeu_si512(to, _mm512_loadu_si512(from));
    }
  }
};

template <class Copy>
BRAGGD_KERNEL_BODY bool unpack_fast(std::span<const std::byte> packed, const std::byte* readable_end,
                                    BlockRoom& room) {
  std::byte* const block = room.bytes;
  ZeroTail tail(room, std::exchange(room.zero_from, room.size));
  const std::byte* in = packed.data();
  const std::byte* const in_end = in + packed.size();
  std::byte* out = block;
  std::byte* const out_end = block + room.size;
  while (in < in_end && static_cast<std::size_t>(readable_end - in) >= read_margin) {
    const auto token = std::to_integer<unsigned>(*in++);
    std::size_t literals = token >> 4;
    Copy::literals_16(out, in);
    if (literals == length_goes_on) [[unlikely]] {
      if (!extend_length(in, in_end, literals)) return false;
      if (literals > static_cast<std::size_t>(in_end - in)) return false;
      if (literals > static_cast<std::size_t>(out_end - out)) return false;
      if (static_cast<std::size_t>(readable_end - in) >= literals + lz4_slack_bytes) {
        Copy::literals(out, in, literals);
      } else {
        std::memcpy(out, in, literals);
      }
    }
    in += literals;  // 14 at most, or checked
    out += literals;
    const bool ends = in_end - in < after_literals;
    const bool full = out_end - out < last_match_begins;
    if (static_cast<int>(ends) | static_cast<int>(full)) [[unlikely]] {
      if (in != in_end || out != out_end) return false;
      room.zero_from = tail.begin_in(room);
      return true;
    }

    std::uint32_t word = 0;  // the offset and the first byte that a long length adds
    std::memcpy(&word, in, sizeof word);
    const std::size_t offset = word & 0xffffU;
    // One match in four is long, and which cannot be predicted: so arithmetic in place of a branch.
    const std::size_t goes_on = ((token & 15U) + 1) >> 4;
    const std::size_t added = word >> 16 & 0xffU & (0 - goes_on);
    std::size_t length = shortest_match + (token & 15U) + added;
    in += 2 + goes_on;
    if (added == 255 && !extend_length(in, in_end - last_literals + 1, length)) [[unlikely]] {
      return false;
    }
    const bool too_far = offset - 1 >= static_cast<std::size_t>(out - block);
    const bool too_long = length > static_cast<std::size_t>(out_end - out) - last_literals;
    if (static_cast<int>(too_far) | static_cast<int>(too_long)) [[unlikely]]
      return false;
    Copy::match(out, offset, length, tail);
    out += length;
  }
  if (in >= in_end) return false;
  return unpack_plain(packed, room);  // the last bytes of a chunk, and tiny chunks
}

BRAGGD_TARGET_AVX2 bool unpack_avx2(std::span<const std::byte> packed, const std::byte* readable_end,
                                    BlockRoom& room) {
  return unpack_fast<Avx2Copy>(packed, readable_end, room);
}

BRAGGD_TARGET_VBMI bool unpack_vbmi(std::span<const std::byte> packed, const std::byte* readable_end,
                                    BlockRoom& room) {
  return unpack_fast<VbmiCopy>(packed, readable_end, room);
}

#endif

}  // namespace

bool unpack_lz4_block(KernelSet set, std::span<const std::byte> packed, const std::byte* readable_end,
                      BlockRoom& room) {
  if (room.size == 0) set = KernelSet::scalar;  // liblz4 has a rule of its own for an empty block
#if BRAGGD_X86_KERNELS
  if (set == KernelSet::avx512vbmi) return unpack_vbmi(packed, readable_end, room);
  if (set != KernelSet::scalar) return unpack_avx2(packed, readable_end, room);
#endif
  static_cast<void>(set);
  static_cast<void>(readable_end);
  return unpack_plain(packed, room);
}

}  // namespace braggd
