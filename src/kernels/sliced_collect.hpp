// The kept pixels of a group of 512, put together from bit planes.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/sliced_classify.hpp"

#if BRAGGD_X86_KERNELS

namespace braggd {

/// 8 rows of 8 bits, one a byte, become 8 columns (Hacker's Delight, 2nd ed., 7-3).
BRAGGD_KERNEL_BODY std::uint64_t transpose_8x8(std::uint64_t rows) {
  const auto exchange = [&](unsigned distance, std::uint64_t mask) {
    const std::uint64_t different = (rows ^ rows >> distance) & mask;
    rows ^= different ^ different << distance;
  };
  exchange(7, 0x00aa00aa00aa00aaU);
  exchange(14, 0x0000cccc0000ccccU);
  exchange(28, 0x00000000f0f0f0f0U);
  return rows;
}

/// The pixels of one byte column of the planes, as 8 bytes for each byte of a pixel.
template <class Pixel>
BRAGGD_KERNEL_BODY std::array<std::uint64_t, sizeof(Pixel)> pixels_of_column(const std::byte* planes,
                                                                             std::size_t plane_bytes) {
  std::array<std::uint64_t, sizeof(Pixel)> columns{};
  for (std::size_t byte = 0; byte < sizeof(Pixel); ++byte) {
    std::uint64_t rows = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      rows |= std::to_integer<std::uint64_t>(planes[(8 * byte + k) * plane_bytes]) << 8 * k;
    }
    columns[byte] = transpose_8x8(rows);
  }
  return columns;
}

template <class Pixel>
BRAGGD_KERNEL_BODY void collect_columns(const SlicedRun& run, std::size_t g, const Group& group,
                                        const CollectRule& rule, Survivors& out) {
  for (unsigned left = group.words_kept; left != 0; left &= left - 1) {
    const auto w = static_cast<std::size_t>(std::countr_zero(left));
    for (std::size_t column = 0; column < 8; ++column) {
      auto kept = static_cast<unsigned>(group.kept[w] >> 8 * column & 0xffU);
      if (kept == 0) continue;
      const std::size_t byte = g * group_bytes + w * 8 + column;
      const auto columns = pixels_of_column<Pixel>(run.planes + byte, run.plane_bytes);
      for (; kept != 0; kept &= kept - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(kept));
        std::uint32_t raw = 0;
        for (std::size_t b = 0; b < sizeof(Pixel); ++b) {
          raw |= static_cast<std::uint32_t>(columns[b] >> 8 * i & 0xffU) << 8 * b;
        }
        keep_pixel(rule, run.first_pixel + byte * 8 + i, static_cast<Pixel>(raw), out);
      }
    }
  }
}

/// The words at eight multiples of `stride`. (A gather takes longer.)
BRAGGD_TARGET_AVX512 inline __m512i eight_words(const std::byte* at, std::size_t stride) {
  const auto two = [&](std::size_t k) BRAGGD_TARGET_AVX512 {
    const __m128d first = _mm_load_sd(reinterpret_cast<const double*>(at + k * stride));
    return _mm_castpd_si128(_mm_loadh_pd(first, reinterpret_cast<const double*>(at + (k + 1) * stride)));
  };
  const auto four = [&](std::size_t k) BRAGGD_TARGET_AVX512 {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(two(k)), two(k + 2), 1);
  };
  return _mm512_inserti64x4(_mm512_castsi256_si512(four(0)), four(4), 1);
}

/// The first 16 bytes, each in a lane of its own; the others move up.
BRAGGD_TARGET_AVX512 inline __m512i take_16(__m512i& bytes) {
  const __m512i taken = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes));
  bytes = _mm512_alignr_epi64(bytes, bytes, 2);
  return taken;
}

/// Where a word's pixels are and which of them passed.
struct WordInput {
  const std::byte* planes;  ///< 8 bytes at each multiple of plane_bytes
  std::size_t plane_bytes;
  std::size_t first_pixel;
  std::uint64_t kept;
};

/// The planes' 8 bytes are gathered and turned into bytes a pixel by an 8 x 8 bit transposition (the matrix product of
/// GFNI with the unit vectors); what is kept moves together first, so that 16 survivors are taken at once.
template <class Pixel>
BRAGGD_TARGET_VBMI inline void collect_word(const WordInput& in, const CollectRule& rule, Survivors& out) {
  struct alignas(64) Lanes {
    std::array<std::uint8_t, 64> at{};
  };
  // Byte k of word j goes to byte 7 - j of word k: the product takes the rows of its matrix from the last byte on.
  static constexpr Lanes order = [] {
    Lanes o;
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t j = 0; j < 8; ++j) o.at[8 * k + 7 - j] = static_cast<std::uint8_t>(8 * j + k);
    }
    return o;
  }();
  static constexpr Lanes counting = [] {
    Lanes o;
    for (std::size_t i = 0; i < 64; ++i) o.at[i] = static_cast<std::uint8_t>(i);
    return o;
  }();
  const __m512i turn = _mm512_load_si512(order.at.data());
  const __m512i unit_vectors = _mm512_set1_epi64(static_cast<long long>(0x8040201008040201U));
  __m512i bytes[sizeof(Pixel)];
#pragma GCC unroll 4
  for (std::size_t b = 0; b < sizeof(Pixel); ++b) {
    const __m512i words = eight_words(in.planes + 8 * b * in.plane_bytes, in.plane_bytes);
    const __m512i matrices = _mm512_permutexvar_epi8(turn, words);
    const __m512i pixels = _mm512_gf2p8affine_epi64_epi8(unit_vectors, matrices, 0);
    bytes[b] = _mm512_maskz_compress_epi8(in.kept, pixels);
  }
  __m512i places = _mm512_maskz_compress_epi8(in.kept, _mm512_load_si512(counting.at.data()));
  std::uint64_t beside = 0;
  if (rule.beside_valueless != nullptr)
    beside = _pext_u64(rule.beside_valueless->word(in.first_pixel), in.kept);
  const auto count = static_cast<std::size_t>(__builtin_popcountll(in.kept));
  for (std::size_t left = count;; left -= 16, beside >>= 16) {
    __m512i raw = take_16(bytes[0]);
#pragma GCC unroll 4
    for (std::size_t b = 1; b < sizeof(Pixel); ++b)
      raw = _mm512_or_si512(raw, _mm512_slli_epi32(take_16(bytes[b]), static_cast<unsigned>(8 * b)));
    const __m512i pixels =
        _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(in.first_pixel)), take_16(places));
    const auto lanes = static_cast<__mmask16>(_bzhi_u32(0xffffU, static_cast<unsigned>(left)));
    keep_16_pixels(rule, pixels, raw, lanes, static_cast<unsigned>(beside), out);
    if (left <= 16) break;
  }
}

template <class Pixel>
BRAGGD_TARGET_VBMI inline void collect_vbmi(const SlicedRun& run, std::size_t g, const Group& group,
                                            const CollectRule& rule, Survivors& out) {
  for (unsigned left = group.words_kept; left != 0; left &= left - 1) {
    const auto w = static_cast<std::size_t>(std::countr_zero(left));
    const std::size_t byte = g * group_bytes + w * 8;
    collect_word<Pixel>({run.planes + byte, run.plane_bytes, run.first_pixel + byte * 8, group.kept[w]}, rule,
                        out);
  }
}

}  // namespace braggd

#endif
