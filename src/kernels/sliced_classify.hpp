// Which pixels of a group of 512 reach their limits, from bit planes.
#pragma once

#include <array>
#include <bit>
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
  unsigned words_kept = 0;  ///< bit w: kept[w] is not zero; else `kept` need not be filled
  bool any_none = false;    ///< else `none` is not filled
};

/// Where groups are, one behind the other.
struct GroupInput {
  const std::byte* planes;  ///< 64 bytes a group at each multiple of plane_bytes
  std::size_t plane_bytes;
  std::size_t planes_used;     ///< the planes from there on are zero
  const std::uint8_t* masked;  ///< 64 bytes a group, or null

  BRAGGD_KERNEL_BODY const std::byte* plane(std::size_t k) const { return planes + k * plane_bytes; }
  BRAGGD_KERNEL_BODY GroupInput at(std::size_t group) const {
    return {planes + group * group_bytes, plane_bytes, planes_used,
            masked == nullptr ? nullptr : masked + group * group_bytes};
  }
};

// value >= limit, from the lowest bit up: where the bits differ the value's bit decides, else the verdict so far stays.
// Where the limit is the same for all pixels that is `or` at its bits that are 0 and `and` at those that are 1; below the
// lowest of these nothing is decided, and planes of zeros leave nothing to `or`.

/// Whether a pixel can reach `limit` without the planes that are not used.
constexpr bool within_used_planes(std::uint32_t limit, std::size_t planes_used) {
  return planes_used >= 32 || limit >> planes_used == 0;
}

BRAGGD_TARGET_AVX2 inline __m256i load_half(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i_u*>(from));
}

/// Takes those that are masked, and those that are no-data (all bits set but the lowest), from half a group that is
/// enough.
template <std::size_t bits>
BRAGGD_TARGET_AVX2 inline void finish_half_avx2(const GroupInput& in, std::size_t half, __m256i enough,
                                                Group& group) {
  __m256i none = _mm256_setzero_si256();
  if (in.planes_used == bits) {
    none = load_half(in.plane(bits - 1) + half);
    for (std::size_t k = 1; k + 1 < bits; ++k) none = _mm256_and_si256(none, load_half(in.plane(k) + half));
  }
  if (in.masked != nullptr) {
    none = _mm256_andnot_si256(load_half(in.masked + half), none);
    enough = _mm256_andnot_si256(load_half(in.masked + half), enough);
  }
  enough = _mm256_andnot_si256(none, enough);
  group.any_none = group.any_none || _mm256_testz_si256(none, none) == 0;
  _mm256_store_si256(reinterpret_cast<__m256i*>(&group.none[half / 8]), none);
  _mm256_store_si256(reinterpret_cast<__m256i*>(&group.kept[half / 8]), enough);
  for (std::size_t w = half / 8; w < half / 8 + 4; ++w) {
    group.words_kept |= unsigned{group.kept[w] != 0} << w;
  }
}

/// `n` groups against one limit.
template <std::size_t bits, std::size_t n>
BRAGGD_TARGET_AVX2 inline void classify_constant_avx2(const GroupInput& in, std::uint32_t limit,
                                                      Group* groups) {
  const bool reachable = within_used_planes(limit, in.planes_used);
  for (std::size_t i = 0; i < n; ++i) {
    groups[i].words_kept = 0;
    groups[i].any_none = false;
    for (std::size_t half = 0; half < group_bytes; half += 32) {
      __m256i enough = _mm256_set1_epi8(-1);
      for (auto k = static_cast<std::size_t>(std::countr_zero(limit)); k < in.planes_used; ++k) {
        const __m256i value = load_half(in.plane(k) + i * group_bytes + half);
        enough = (limit >> k & 1U) != 0 ? _mm256_and_si256(enough, value) : _mm256_or_si256(enough, value);
      }
      finish_half_avx2<bits>(in.at(i), half, reachable ? enough : _mm256_setzero_si256(), groups[i]);
    }
  }
}

/// A group against the limits of its pixels; `varying`: its own planes of them.
template <std::size_t bits>
BRAGGD_TARGET_AVX2 inline void classify_varying_avx2(const GroupInput& in, const LimitPlanes& limits,
                                                     const std::byte* varying, Group& group) {
  group.words_kept = 0;
  group.any_none = false;
  for (std::size_t half = 0; half < group_bytes; half += 32) {
    std::size_t own = half;  // bytes from `varying`, which is null where no plane differs
    __m256i enough = _mm256_set1_epi8(-1);
    for (std::size_t k = 0; k < bits; ++k) {
      const __m256i value = load_half(in.plane(k) + half);
      __m256i limit = _mm256_set1_epi8((limits.constant >> k & 1U) != 0 ? -1 : 0);
      if ((limits.varying >> k & 1U) != 0) {
        limit = load_half(varying + own);
        own += group_bytes;
      }
      const __m256i equal_and_enough = _mm256_andnot_si256(_mm256_xor_si256(value, limit), enough);
      enough = _mm256_or_si256(_mm256_andnot_si256(limit, value), equal_and_enough);
    }
    finish_half_avx2<bits>(in, half, enough, group);
  }
}

/// Takes the pixels that are no-data from those that are enough, and notes them. By itself, so that the usual way keeps its
/// registers.
template <std::size_t bits>
[[gnu::noinline]] BRAGGD_TARGET_AVX512 __m512i take_no_data_away(const GroupInput& in, __m512i enough,
                                                                 Group& group) {
  __m512i none = _mm512_set1_epi64(-1);
  for (std::size_t k = 1; k < bits; ++k) none = _mm512_and_si512(none, _mm512_loadu_si512(in.plane(k)));
  if (in.masked != nullptr) none = _mm512_andnot_si512(_mm512_loadu_si512(in.masked), none);
  group.any_none = _mm512_test_epi64_mask(none, none) != 0;
  _mm512_store_si512(group.none.data(), none);
  return _mm512_andnot_si512(none, enough);
}

/// Takes those that are masked or no-data from a group that is enough.
template <std::size_t bits>
BRAGGD_TARGET_AVX512 inline void finish_avx512(const GroupInput& in, __m512i enough, Group& group) {
  __m512i highest = _mm512_setzero_si512();  // without the highest bit no pixel is no-data
  if (in.planes_used == bits) highest = _mm512_loadu_si512(in.plane(bits - 1));
  if (in.masked != nullptr) {
    const __m512i masked = _mm512_loadu_si512(in.masked);
    enough = _mm512_andnot_si512(masked, enough);
    highest = _mm512_andnot_si512(masked, highest);  // gaps between modules, which most rows have, are masked
  }
  group.any_none = false;
  if (_mm512_test_epi64_mask(highest, highest) != 0) [[unlikely]] {
    enough = take_no_data_away<bits>(in, enough, group);
  }
  group.words_kept = _mm512_test_epi64_mask(enough, enough);
  if (group.words_kept != 0) _mm512_store_si512(group.kept.data(), enough);
}

/// `n` groups against one limit.
template <std::size_t bits, std::size_t n>
BRAGGD_TARGET_AVX512 inline void classify_constant_avx512(const GroupInput& in, std::uint32_t limit,
                                                          Group* groups) {
  __m512i enough[n];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < n; ++i) enough[i] = _mm512_set1_epi64(-1);
  for (auto k = static_cast<std::size_t>(std::countr_zero(limit)); k < in.planes_used; ++k) {
    const std::byte* value = in.plane(k);
    if ((limit >> k & 1U) != 0) {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < n; ++i)
        enough[i] = _mm512_and_si512(enough[i], _mm512_loadu_si512(value + i * group_bytes));
    } else {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < n; ++i)
        enough[i] = _mm512_or_si512(enough[i], _mm512_loadu_si512(value + i * group_bytes));
    }
  }
  const __m512i reachable = _mm512_set1_epi64(within_used_planes(limit, in.planes_used) ? -1 : 0);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < n; ++i)
    finish_avx512<bits>(in.at(i), _mm512_and_si512(enough[i], reachable), groups[i]);
}

/// The constant planes of the limits as vectors, made once a run.
template <std::size_t bits>
struct ConstantPlanes {
  __m512i plane[bits];
  [[gnu::always_inline]] BRAGGD_TARGET_AVX512 explicit ConstantPlanes(const LimitPlanes& limits) {
    for (std::size_t k = 0; k < bits; ++k) {
      plane[k] = _mm512_set1_epi64((limits.constant >> k & 1U) != 0 ? -1 : 0);
    }
  }
};

/// A group against the limits of its pixels; `varying`: its own planes of them.
template <std::size_t bits>
BRAGGD_TARGET_AVX512 inline void classify_varying_avx512(const GroupInput& in, const LimitPlanes& limits,
                                                         const ConstantPlanes<bits>& constant,
                                                         const std::byte* varying, Group& group) {
  constexpr int differs_by_value = 0xb2;  // (value & ~limit) | (~(value ^ limit) & enough)
  __m512i enough = _mm512_set1_epi64(-1);
#pragma GCC unroll 32
  for (std::size_t k = 0; k < bits; ++k) {
    __m512i limit = constant.plane[k];
    if ((limits.varying >> k & 1U) != 0) {
      limit = _mm512_load_si512(varying);
      varying += group_bytes;
    }
    enough = _mm512_ternarylogic_epi64(_mm512_loadu_si512(in.plane(k)), limit, enough, differs_by_value);
  }
  finish_avx512<bits>(in, enough, group);
}

}  // namespace braggd

#endif
