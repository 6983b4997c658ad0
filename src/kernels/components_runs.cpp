#include <algorithm>
#include <bit>

#include "kernels/components_variants.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd {

namespace {

/// The walk that all variants share; `length(index, most)` says how many of at most `most` indices follow one another.
template <class Length>
BRAGGD_KERNEL_BODY void find_runs(const SparseFrame& pixels, Runs& out, const Length& length) {
  out.runs.clear();
  out.row_first.clear();
  const std::uint32_t cols = pixels.shape.cols;
  const auto n_pixels = static_cast<std::uint32_t>(pixels.index.size());
  std::uint32_t row = 0;
  std::uint32_t row_begin = 0;
  for (std::uint32_t i = 0; i < n_pixels;) {
    const std::uint32_t pixel = pixels.index[i];
    if (pixel - row_begin >= cols) {
      row = pixel / cols;
      row_begin = row * cols;
    }
    while (out.row_first.size() <= row) out.row_first.push_back(i);
    const std::uint32_t col = pixel - row_begin;
    const std::uint32_t n = length(pixels.index.data() + i, std::min(cols - col, n_pixels - i));
    out.runs.push_back({i, row, col, col + n, 0});
    i += n;
  }
  while (out.row_first.size() <= pixels.shape.rows) out.row_first.push_back(n_pixels);
}

void find_scalar(const SparseFrame& pixels, Runs& out) {
  find_runs(pixels, out, [](const std::uint32_t* index, std::uint32_t most) {
    std::uint32_t n = 1;
    while (n < most && index[n] == index[0] + n) ++n;
    return n;
  });
}

void relate_scalar(const Touching& touching, const float* value, std::uint8_t* relation) {
  const Run& run = *touching.run;
  for (std::uint32_t col = run.col_begin; col < run.col_end; ++col) {
    const std::uint32_t i = run.first + (col - run.col_begin);
    unsigned seen = 0;
    const auto look_at = [&](const Run& other) {
      const std::uint32_t begin = std::max(col, other.col_begin + 1) - 1;
      const std::uint32_t end = std::min(col + 2, other.col_end);
      for (std::uint32_t c = begin; c < end; ++c) {
        const std::uint32_t j = other.first + (c - other.col_begin);
        if (i == j) continue;
        if (value[j] > value[i]) seen |= has_higher_neighbour;
        if (value[j] == value[i]) seen |= has_equal_neighbour;
      }
    };
    look_at(run);
    std::ranges::for_each(touching.above, look_at);
    std::ranges::for_each(touching.below, look_at);
    relation[i] = static_cast<std::uint8_t>(seen);
  }
}

#if BRAGGD_X86_KERNELS

BRAGGD_TARGET_AVX512 std::uint32_t length_avx512(const std::uint32_t* index, std::uint32_t most) {
  const __m512i counting = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  __m512i expected = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(index[0])), counting);
  for (std::uint32_t n = 0; n < most; n += 16) {
    const unsigned lanes = most - n < 16 ? (1U << (most - n)) - 1U : 0xffffU;
    const __m512i found = _mm512_maskz_loadu_epi32(static_cast<__mmask16>(lanes), index + n);
    const unsigned same = _mm512_mask_cmpeq_epi32_mask(static_cast<__mmask16>(lanes), found, expected);
    if (same != 0xffffU) return n + static_cast<std::uint32_t>(std::countr_one(same));
    expected = _mm512_add_epi32(expected, _mm512_set1_epi32(16));
  }
  return most;
}

BRAGGD_TARGET_AVX512 void find_avx512(const SparseFrame& pixels, Runs& out) {
  find_runs(pixels, out, length_avx512);
}

/// Bits [begin, end) of 18.
BRAGGD_KERNEL_BODY std::uint32_t bits_between(std::int64_t begin, std::int64_t end) {
  begin = std::max<std::int64_t>(begin, 0);
  end = std::min<std::int64_t>(end, 18);
  return begin < end ? (1U << end) - (1U << begin) : 0;
}

/// 16 pixels of a run and what has been seen of their neighbours.
struct Lanes {
  __m512 value;
  std::uint32_t lanes;     ///< those that there are
  std::int64_t col_begin;  ///< column of lane 0
  unsigned higher = 0, equal = 0;
};

BRAGGD_TARGET_AVX512 inline void look_at(const Run& other, bool itself, const float* value, Lanes& mine) {
  const std::int64_t offset = std::int64_t{other.col_begin} - mine.col_begin;  // its lane, may be negative
  const std::uint32_t theirs_at =
      bits_between(offset + 1, offset + 1 + other.n_pixels());  // bit k + 1: lane k
  for (unsigned shift = 0; shift < 3; ++shift) {                // lane k beside lane k - 1 + shift
    if (itself && shift == 1) continue;
    const auto here = static_cast<__mmask16>(mine.lanes & theirs_at >> shift);
    const float* from = value + (std::int64_t{other.first} + shift - 1 - offset);
    const __m512 theirs = _mm512_maskz_loadu_ps(here, from);
    mine.higher |= _mm512_mask_cmp_ps_mask(here, theirs, mine.value, _CMP_GT_OQ);
    mine.equal |= _mm512_mask_cmp_ps_mask(here, theirs, mine.value, _CMP_EQ_OQ);
  }
}

BRAGGD_TARGET_AVX512 void relate_avx512(const Touching& touching, const float* value,
                                        std::uint8_t* relation) {
  const Run& run = *touching.run;
  for (std::uint32_t done = 0; done < run.n_pixels(); done += 16) {
    Lanes mine{};
    mine.lanes = bits_between(0, std::min<std::int64_t>(16, run.n_pixels() - done));
    mine.value = _mm512_maskz_loadu_ps(static_cast<__mmask16>(mine.lanes), value + run.first + done);
    mine.col_begin = std::int64_t{run.col_begin} + done;
    look_at(run, true, value, mine);
    for (const Run& other : touching.above) look_at(other, false, value, mine);
    for (const Run& other : touching.below) look_at(other, false, value, mine);
    const __m128i bits =
        _mm_or_si128(_mm_maskz_set1_epi8(static_cast<__mmask16>(mine.higher), has_higher_neighbour),
                     _mm_maskz_set1_epi8(static_cast<__mmask16>(mine.equal), has_equal_neighbour));
    _mm_storeu_si128(reinterpret_cast<__m128i_u*>(relation + run.first + done), bits);
  }
}

#endif

}  // namespace

RunKernels run_kernels_of(KernelSet set) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return {find_avx512, relate_avx512};
#endif
  static_cast<void>(set);
  return {find_scalar, relate_scalar};
}

}  // namespace braggd
