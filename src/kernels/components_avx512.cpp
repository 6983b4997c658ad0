#include <algorithm>
#include <bit>

#include "kernels/components_variants.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>

namespace braggd {

namespace {

// Pixels of a run are taken `width` at a time; most runs are shorter, so that their loops are run once.
constexpr std::uint32_t width = 16;

/// Lanes [0, n) of 16.
BRAGGD_TARGET_AVX512 inline __mmask16 lanes(std::uint32_t n) {
  return static_cast<__mmask16>(_bzhi_u32(0xffffU, std::min(n, width)));
}

BRAGGD_TARGET_AVX512 inline __m512i broadcast(std::uint32_t x) {
  return _mm512_set1_epi32(static_cast<int>(x));
}

BRAGGD_TARGET_AVX512 inline __m512i counting() {
  return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/// The pixels that follow no other, as if rows had no ends. Returns how many.
BRAGGD_TARGET_AVX512 std::size_t find_starts(const SparseFrame& pixels, Runs& out) {
  const std::size_t n_pixels = pixels.index.size();
  const std::uint32_t* index = pixels.index.data();
  std::size_t n = 0;
  for (std::size_t i = 0; i < n_pixels; i += width) {
    hold(out.start_first, n + width + 1);
    hold(out.start_pixel, n + width);
    const __mmask16 here = lanes(static_cast<std::uint32_t>(std::min<std::size_t>(n_pixels - i, width)));
    const __m512i pixel = _mm512_maskz_loadu_epi32(here, index + i);
    const auto with_previous = static_cast<__mmask16>(i == 0 ? here & ~1U : here);
    const __m512i previous = _mm512_mask_loadu_epi32(pixel, with_previous, index + i - 1);
    const __m512i follows = _mm512_add_epi32(previous, _mm512_set1_epi32(1));
    const __mmask16 starts = _mm512_mask_cmpneq_epi32_mask(here, pixel, follows);
    const __m512i ordinal = _mm512_add_epi32(broadcast(static_cast<std::uint32_t>(i)), counting());
    _mm512_storeu_si512(out.start_first.data() + n, _mm512_maskz_compress_epi32(starts, ordinal));
    _mm512_storeu_si512(out.start_pixel.data() + n, _mm512_maskz_compress_epi32(starts, pixel));
    n += static_cast<std::size_t>(std::popcount(unsigned{starts}));
  }
  hold(out.start_first, n + 1);
  out.start_first[n] = static_cast<std::uint32_t>(n_pixels);
  return n;
}

/// Appends what lies between two starts, cut at the ends of rows.
void split_run(std::uint32_t first, std::uint32_t end, std::uint32_t pixel, std::uint32_t cols, Runs& out) {
  while (first < end) {
    const std::uint32_t col = pixel % cols;
    const std::uint32_t n = std::min(end - first, cols - col);
    out.first[out.n] = first;
    out.row[out.n] = pixel / cols;
    out.col_begin[out.n++] = col;
    first += n;
    pixel += n;
  }
}

BRAGGD_TARGET_AVX512 void find_avx512(const SparseFrame& pixels, Runs& out) {
  const std::uint32_t cols = pixels.shape.cols;
  const std::size_t n = find_starts(pixels, out);
  const std::size_t most = n + std::min<std::size_t>(pixels.shape.rows, pixels.index.size()) + buffer_margin;
  hold(out.first, most);
  hold(out.row, most);
  hold(out.col_begin, most);
  hold(out.start_first, n + buffer_margin);
  hold(out.start_pixel, n + buffer_margin);
  const __m256i all_cols = _mm256_set1_epi32(static_cast<int>(cols));
  const __m512d divisor = _mm512_set1_pd(cols);
  out.n = 0;
  for (std::size_t i = 0; i < n; i += 8) {
    const auto* at = out.start_first.data() + i;
    const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(at));
    const __m256i next = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(at + 1));
    const __m256i pixel = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(out.start_pixel.data() + i));
    // Exact: the quotient of two 32-bit numbers is further from the next integer than doubles are from one another.
    const __m256i row = _mm512_cvttpd_epu32(_mm512_div_pd(_mm512_cvtepu32_pd(pixel), divisor));
    const __m256i col = _mm256_sub_epi32(pixel, _mm256_mullo_epi32(row, all_cols));
    const auto here =
        static_cast<__mmask8>(_bzhi_u32(0xffU, static_cast<std::uint32_t>(std::min<std::size_t>(n - i, 8))));
    const __mmask8 cut =
        _mm256_mask_cmpgt_epu32_mask(here, _mm256_sub_epi32(next, first), _mm256_sub_epi32(all_cols, col));
    if (cut == 0) [[likely]] {
      _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(out.first.data() + out.n), first);
      _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(out.row.data() + out.n), row);
      _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(out.col_begin.data() + out.n), col);
      out.n += std::min<std::size_t>(n - i, 8);
      continue;
    }
    for (std::size_t j = i; j < std::min(i + 8, n); ++j) {
      split_run(out.start_first[j], out.start_first[j + 1], out.start_pixel[j], cols, out);
    }
  }
  out.first[out.n] = static_cast<std::uint32_t>(pixels.index.size());
}

BRAGGD_TARGET_AVX512 void put_avx512(RunRange runs, const float* value, Tile& tile) {
  for (std::size_t run = runs.begin; run < runs.end; ++run) {
    const std::size_t at = tile.at(runs.all.row[run], runs.all.col_begin[run]);
    const std::uint32_t first = runs.all.first[run], n_pixels = runs.all.n_pixels(run);
    const __m512i number = broadcast(static_cast<std::uint32_t>(run));
    for (std::uint32_t done = 0; done < n_pixels; done += width) {
      const __mmask16 here = lanes(n_pixels - done);
      _mm512_mask_storeu_ps(tile.value.data() + at + done, here,
                            _mm512_maskz_loadu_ps(here, value + first + done));
      _mm512_mask_storeu_epi32(tile.run.data() + at + done, here, number);
    }
  }
}

BRAGGD_TARGET_AVX512 void take_back_avx512(RunRange runs, Tile& tile) {
  for (std::size_t run = runs.begin; run < runs.end; ++run) {
    const std::size_t at = tile.at(runs.all.row[run], runs.all.col_begin[run]);
    const std::uint32_t n_pixels = runs.all.n_pixels(run);
    for (std::uint32_t done = 0; done < n_pixels; done += width) {
      const __mmask16 here = lanes(n_pixels - done);
      _mm512_mask_storeu_ps(tile.value.data() + at + done, here, _mm512_set1_ps(no_pixel_value));
      _mm512_mask_storeu_epi32(tile.run.data() + at + done, here, broadcast(no_run));
    }
  }
}

/// The runs in columns [at - 1, at + n + 1) of a row of the tile.
BRAGGD_TARGET_AVX512 inline RunsAbove runs_beside(const std::uint32_t* at, std::uint32_t n) {
  RunsAbove found{no_run, no_run};
  for (std::uint32_t done = 0; done < n; done += width) {
    const std::uint32_t* from = at + done - 1;
    const unsigned low = _mm512_cmpneq_epi32_mask(_mm512_loadu_si512(from), broadcast(no_run));
    const unsigned high = _mm512_cmpneq_epi32_mask(_mm512_loadu_si512(from + width), broadcast(no_run));
    const unsigned there = _bzhi_u32(low | high << width, std::min(n - done, width) + 2);
    if (there == 0) continue;
    if (found.first == no_run) found.first = from[std::countr_zero(there)];
    found.last = from[31 - std::countl_zero(there)];
  }
  return found;
}

/// The highest of each pixel, the one before and the one behind it.
BRAGGD_TARGET_AVX512 inline __m512 highest_of_three(const float* at) {
  return _mm512_max_ps(_mm512_loadu_ps(at), _mm512_max_ps(_mm512_loadu_ps(at - 1), _mm512_loadu_ps(at + 1)));
}

BRAGGD_TARGET_AVX512 void relate_avx512(RunRange runs, const float* value, const Tile& tile, RunsAbove* above,
                                        Summits& summits) {
  std::uint32_t* summit = summits.ordinal.data() + summits.n;
  for (std::size_t run = runs.begin; run < runs.end; ++run) {
    const std::uint32_t row = runs.all.row[run], col = runs.all.col_begin[run];
    const std::uint32_t first = runs.all.first[run], n_pixels = runs.all.n_pixels(run);
    const std::size_t row_above = tile.at(row - 1, col), row_below = tile.at(row + 1, col);
    const float* itself = tile.value.data() + tile.at(row, col);
    above[run] = runs_beside(tile.run.data() + row_above, n_pixels);
    for (std::uint32_t done = 0; done < n_pixels; done += width) {
      const __mmask16 here = lanes(n_pixels - done);
      const __m512 mine = _mm512_maskz_loadu_ps(here, value + first + done);
      const __m512 beside =
          _mm512_max_ps(_mm512_loadu_ps(itself + done - 1), _mm512_loadu_ps(itself + done + 1));
      const __m512 others = _mm512_max_ps(highest_of_three(tile.value.data() + row_above + done),
                                          highest_of_three(tile.value.data() + row_below + done));
      const __m512 most = _mm512_max_ps(beside, others);
      const __mmask16 highest = _mm512_mask_cmp_ps_mask(here, mine, most, _CMP_GE_OQ);
      const __mmask16 level = _mm512_mask_cmp_ps_mask(here, mine, most, _CMP_EQ_OQ);
      const __m512i ordinal = _mm512_add_epi32(broadcast(first + done), counting());
      _mm512_storeu_si512(summit, _mm512_maskz_compress_epi32(highest, ordinal));
      summit += std::popcount(unsigned{highest});
      for (unsigned left = level; left != 0; left &= left - 1) [[unlikely]] {
          summits.level.push_back(first + done + static_cast<std::uint32_t>(std::countr_zero(left)));
        }
    }
  }
  summits.n = static_cast<std::size_t>(summit - summits.ordinal.data());
}

/// Eight partial sums of each moment along a run.
struct Partial {
  __m512d sum, sum_col, sum_col_col;
};

BRAGGD_TARGET_AVX512 inline void add(__m256 values, __m512d col, Partial& to) {
  const __m512d intensity = _mm512_cvtps_pd(values);
  const __m512d moment = _mm512_mul_pd(intensity, col);
  to.sum = _mm512_add_pd(to.sum, intensity);
  to.sum_col = _mm512_add_pd(to.sum_col, moment);
  to.sum_col_col = _mm512_add_pd(to.sum_col_col, _mm512_mul_pd(moment, col));
}

/// {sum, sum, sum_col, sum, sum_col_col, 0, 0, 0} of what sum_of_partial makes of each.
BRAGGD_TARGET_AVX512 inline __m512d total(const Partial& partial) {
  const __m512d both = _mm512_add_pd(_mm512_shuffle_f64x2(partial.sum, partial.sum_col, 0x44),
                                     _mm512_shuffle_f64x2(partial.sum, partial.sum_col, 0xee));
  const __m256d third = _mm256_add_pd(_mm512_castpd512_pd256(partial.sum_col_col),
                                      _mm512_extractf64x4_pd(partial.sum_col_col, 1));
  const __m512d both2 = _mm512_add_pd(both, _mm512_shuffle_f64x2(both, both, 0xb1));
  const __m128d third2 = _mm_add_pd(_mm256_castpd256_pd128(third), _mm256_extractf128_pd(third, 1));
  const __m512d both1 = _mm512_add_pd(both2, _mm512_permute_pd(both2, 0x55));
  const __m128d third1 = _mm_add_pd(third2, _mm_permute_pd(third2, 1));
  return _mm512_maskz_permutex2var_pd(0x1f, both1, _mm512_set_epi64(0, 0, 0, 8, 0, 4, 0, 0),
                                      _mm512_castpd128_pd512(third1));
}

BRAGGD_TARGET_AVX512 void measure_avx512(const Runs& runs, const float* value, const Measuring& to) {
  const __m512d counting8 = _mm512_set_pd(7, 6, 5, 4, 3, 2, 1, 0);
  const auto nowhere = static_cast<std::uint32_t>(to.sums.size() - 1);
  for (std::size_t run = 0; run < runs.n; ++run) {
    const std::uint32_t first = runs.first[run], n_pixels = runs.n_pixels(run);
    const std::uint32_t place = to.place[run];
    const std::uint32_t slot = std::min(place, nowhere);
    const Origin origin = to.origin[slot];
    const double row = runs.row[run] - origin.row;
    __m512d col = _mm512_add_pd(_mm512_set1_pd(runs.col_begin[run] - origin.col), counting8);
    Partial partial{_mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd()};
    for (std::uint32_t done = 0; done < n_pixels; done += width) {
      const __mmask16 here = lanes(n_pixels - done);
      const __m512 values = _mm512_maskz_loadu_ps(here, value + first + done);
      add(_mm512_castps512_ps256(values), col, partial);
      col = _mm512_add_pd(col, _mm512_set1_pd(8));
      add(_mm512_extractf32x8_ps(values, 1), col, partial);
      col = _mm512_add_pd(col, _mm512_set1_pd(8));
      _mm512_mask_storeu_epi32(to.component_of.data() + first + done, here, broadcast(place));
    }
    // sum x row x row as two products, like the others
    const __m512d factor = _mm512_set_pd(0, 0, 0, 1, row, 1, row, 1);
    const __m512d factor2 = _mm512_set_pd(0, 0, 0, 1, row, 1, 1, 1);
    const __m512d more = _mm512_mul_pd(_mm512_mul_pd(total(partial), factor), factor2);
    double* sums = &to.sums[slot].sum;
    _mm512_store_pd(sums, _mm512_add_pd(_mm512_load_pd(sums), more));
  }
}

}  // namespace

RunKernels run_kernels_avx512() {
  return {find_avx512, put_avx512, take_back_avx512, relate_avx512, measure_avx512};
}

}  // namespace braggd

#endif
