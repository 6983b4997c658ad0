// Which pixels of a group of 512 reach their limits, from bit planes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/sparsify_variants.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS

namespace braggd {

inline constexpr std::size_t group_bytes = group_pixels / 8;
inline constexpr std::size_t group_words = group_pixels / 64;

/// The words of a group, bit i of word w being pixel 64 w + i.
struct Group {
  alignas(64) std::array<std::uint64_t, group_words> kept;
  alignas(64) std::array<std::uint64_t, group_words> none;
  unsigned words_kept = 0;  ///< bit w: kept[w] is not zero
  bool any_none = false;    ///< else `none` is not filled
};

/// Where a group's planes and limits are.
struct GroupInput {
  const std::byte* planes;  ///< 64 bytes at each multiple of plane_bytes
  std::size_t plane_bytes;
  const LimitPlanes* limits;
  const std::byte* varying;    ///< the group's own planes
  const std::uint8_t* masked;  ///< 64 bytes, or null
};

// value >= limit, from the lowest bit up: where the bits differ the value's bit decides, else the verdict so far stays.

template <std::size_t bits>
BRAGGD_TARGET_AVX2 inline void classify_avx2(const GroupInput& in, Group& group) {
  group.words_kept = 0;
  group.any_none = false;
  for (std::size_t half = 0; half < group_bytes; half += 32) {
    const auto load = [half](const void* from) BRAGGD_TARGET_AVX2 {
      return _mm256_loadu_si256(
          reinterpret_cast<const __m256i_u*>(static_cast<const std::byte*>(from) + half));
    };
    const std::byte* varying = in.varying;
    __m256i enough = _mm256_set1_epi8(-1);
    for (std::size_t k = 0; k < bits; ++k) {
      const __m256i value = load(in.planes + k * in.plane_bytes);
      __m256i limit = _mm256_set1_epi64x(static_cast<long long>(in.limits->constant[k]));
      if ((in.limits->varying >> k & 1U) != 0) {
        limit = load(varying);
        varying += group_bytes;
      }
      const __m256i equal_and_enough = _mm256_andnot_si256(_mm256_xor_si256(value, limit), enough);
      enough = _mm256_or_si256(_mm256_andnot_si256(limit, value), equal_and_enough);
    }
    __m256i none = load(in.planes + (bits - 1) * in.plane_bytes);
    for (std::size_t k = 1; k + 1 < bits; ++k)
      none = _mm256_and_si256(none, load(in.planes + k * in.plane_bytes));
    if (in.masked != nullptr) {
      none = _mm256_andnot_si256(load(in.masked), none);
      enough = _mm256_andnot_si256(load(in.masked), enough);
    }
    enough = _mm256_andnot_si256(none, enough);
    group.any_none = group.any_none || _mm256_testz_si256(none, none) == 0;
    _mm256_store_si256(reinterpret_cast<__m256i*>(&group.none[half / 8]), none);
    _mm256_store_si256(reinterpret_cast<__m256i*>(&group.kept[half / 8]), enough);
  }
  for (unsigned w = 0; w < group_words; ++w) group.words_kept |= unsigned{group.kept[w] != 0} << w;
}

/// The constant planes of the limits as vectors, made once a run.
template <std::size_t bits>
struct ConstantPlanes {
  __m512i plane[bits];
  [[gnu::always_inline]] BRAGGD_TARGET_AVX512 explicit ConstantPlanes(const LimitPlanes& limits) {
    for (std::size_t k = 0; k < bits; ++k) {
      plane[k] = _mm512_set1_epi64(static_cast<long long>(limits.constant[k]));
    }
  }
};

/// Takes the pixels that are no-data, all bits set but the lowest, from those that are enough, and notes them. By itself,
/// so that the usual way keeps its registers.
template <std::size_t bits>
[[gnu::noinline]] BRAGGD_TARGET_AVX512 __m512i take_no_data_away(const GroupInput& in, __m512i enough,
                                                                 Group& group) {
  __m512i none = _mm512_set1_epi64(-1);
  for (std::size_t k = 1; k < bits; ++k) {
    none = _mm512_and_si512(none, _mm512_loadu_si512(in.planes + k * in.plane_bytes));
  }
  if (in.masked != nullptr) none = _mm512_andnot_si512(_mm512_loadu_si512(in.masked), none);
  group.any_none = _mm512_test_epi64_mask(none, none) != 0;
  _mm512_store_si512(group.none.data(), none);
  return _mm512_andnot_si512(none, enough);
}

template <std::size_t bits, bool varies>
BRAGGD_TARGET_AVX512 inline void classify_avx512(const GroupInput& in, const ConstantPlanes<bits>& constant,
                                                 Group& group) {
  constexpr int differs_by_value = 0xb2;  // (value & ~limit) | (~(value ^ limit) & enough)
  const std::byte* varying = in.varying;
  __m512i enough = _mm512_set1_epi64(-1);
  __m512i value = enough;
#pragma GCC unroll 32
  for (std::size_t k = 0; k < bits; ++k) {
    value = _mm512_loadu_si512(in.planes + k * in.plane_bytes);
    __m512i limit = constant.plane[k];
    if (varies && (in.limits->varying >> k & 1U) != 0) {
      limit = _mm512_load_si512(varying);
      varying += group_bytes;
    }
    enough = _mm512_ternarylogic_epi64(value, limit, enough, differs_by_value);
  }
  if (in.masked != nullptr) {
    const __m512i masked = _mm512_loadu_si512(in.masked);
    enough = _mm512_andnot_si512(masked, enough);
    value = _mm512_andnot_si512(masked, value);  // gaps between modules, which most rows have, are masked
  }
  group.any_none = false;
  if (_mm512_test_epi64_mask(value, value) != 0)
      [[unlikely]] {  // without the highest bit no pixel is no-data
    enough = take_no_data_away<bits>(in, enough, group);
  }
  group.words_kept = _mm512_test_epi64_mask(enough, enough);
  if (group.words_kept != 0) _mm512_store_si512(group.kept.data(), enough);
}

}  // namespace braggd

#endif
