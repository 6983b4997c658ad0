#include <algorithm>

#include "kernels/components_variants.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd {

namespace {

void relate_scalar(const Run& run, const Run& other, const float* value, std::uint8_t* relation) {
  for (std::uint32_t col = run.col_begin; col < run.col_end; ++col) {
    const std::uint32_t i = run.first + (col - run.col_begin);
    const std::uint32_t begin = std::max(col, other.col_begin + 1) - 1;
    const std::uint32_t end = std::min(col + 2, other.col_end);
    unsigned seen = relation[i];
    for (std::uint32_t c = begin; c < end; ++c) {
      const std::uint32_t j = other.first + (c - other.col_begin);
      if (i == j) continue;
      if (value[j] > value[i]) seen |= has_higher_neighbour;
      if (value[j] == value[i]) seen |= has_equal_neighbour;
    }
    relation[i] = static_cast<std::uint8_t>(seen);
  }
}

#if BRAGGD_X86_KERNELS

/// Bits [begin, end) of 18.
BRAGGD_KERNEL_BODY std::uint32_t bits_between(std::int64_t begin, std::int64_t end) {
  begin = std::max<std::int64_t>(begin, 0);
  end = std::min<std::int64_t>(end, 18);
  return begin < end ? (1U << end) - (1U << begin) : 0;
}

BRAGGD_TARGET_AVX512 void relate_avx512(const Run& run, const Run& other, const float* value,
                                        std::uint8_t* relation) {
  const bool itself = &run == &other;
  for (std::uint32_t done = 0; done < run.n_pixels(); done += 16) {
    // Lane k is column run.col_begin + done + k; the other run begins in lane `offset`, which may be negative.
    const std::int64_t offset = std::int64_t{other.col_begin} - run.col_begin - done;
    const std::uint32_t theirs_at =
        bits_between(offset + 1, offset + 1 + other.n_pixels());  // bit k + 1: lane k
    const std::uint32_t lanes = bits_between(0, std::min<std::int64_t>(16, run.n_pixels() - done));
    const __m512 mine = _mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes), value + run.first + done);
    unsigned higher = 0, equal = 0;
    for (unsigned shift = 0; shift < 3; ++shift) {  // lane k beside lane k - 1 + shift
      if (itself && shift == 1) continue;
      const auto here = static_cast<__mmask16>(lanes & theirs_at >> shift);
      if (here == 0) continue;
      const float* from = value + (std::int64_t{other.first} + shift - 1 - offset);
      const __m512 theirs = _mm512_maskz_loadu_ps(here, from);
      higher |= _mm512_mask_cmp_ps_mask(here, theirs, mine, _CMP_GT_OQ);
      equal |= _mm512_mask_cmp_ps_mask(here, theirs, mine, _CMP_EQ_OQ);
    }
    auto* at = reinterpret_cast<__m128i_u*>(relation + run.first + done);
    const __m128i add =
        _mm_or_si128(_mm_maskz_set1_epi8(static_cast<__mmask16>(higher), has_higher_neighbour),
                     _mm_maskz_set1_epi8(static_cast<__mmask16>(equal), has_equal_neighbour));
    _mm_storeu_si128(at, _mm_or_si128(_mm_loadu_si128(at), add));
  }
}

#endif

}  // namespace

RelatePixels relate_pixels_of(KernelSet set) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return relate_avx512;
#endif
  static_cast<void>(set);
  return relate_scalar;
}

}  // namespace braggd
