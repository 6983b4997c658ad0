// Sums over the pixels of a fit, in 8 lanes that are folded at the end, in forms that give the same bits.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd::detail {

/// Of an image a u + b v, rows times columns: `pitch` columns, a multiple of 4.
struct Lines {
  const double *a, *u, *b, *v;
  std::size_t n_rows, pitch;
};

/// combine: the image.
/// add_up: sums[j] = sum over pixels of weight times slopes[first] (times_first) times slopes[j], for begin <= j < end; `n` is a
/// multiple of 8, `pitch` what lies between two slopes.
struct PlainSums {
  static void combine(const Lines& lines, double* out) {
    for (std::size_t r = 0; r < lines.n_rows; ++r) {
      for (std::size_t c = 0; c < lines.pitch; ++c) {
        out[r * lines.pitch + c] = lines.a[r] * lines.u[c] + lines.b[r] * lines.v[c];
      }
    }
  }

  template <std::size_t first, bool times_first, std::size_t begin, std::size_t end>
  static void add_up(const double* weight, const double* slopes, std::size_t pitch, std::size_t n,
                     double* sums) {
    for (std::size_t j = begin; j < end; ++j) {
      std::array<double, 8> x{};
      for (std::size_t i = 0; i < n; i += 8) {
        for (std::size_t k = i; k < i + 8; ++k) {
          const double factor = times_first ? weight[k] * slopes[first * pitch + k] : weight[k];
          x[k - i] += factor * slopes[j * pitch + k];
        }
      }
      sums[j] = ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
    }
  }
};

#if BRAGGD_X86_KERNELS
struct NarrowSums {
  BRAGGD_TARGET_AVX2 static void combine(const Lines& lines, double* out) {
    for (std::size_t c = 0; c < lines.pitch; c += 4) {
      const __m256d u = _mm256_load_pd(lines.u + c), v = _mm256_load_pd(lines.v + c);
      for (std::size_t r = 0; r < lines.n_rows; ++r) {
        _mm256_store_pd(out + r * lines.pitch + c,
                        _mm256_add_pd(_mm256_mul_pd(_mm256_broadcast_sd(lines.a + r), u),
                                      _mm256_mul_pd(_mm256_broadcast_sd(lines.b + r), v)));
      }
    }
  }

  [[gnu::always_inline]] BRAGGD_TARGET_AVX2 static inline double folded(__m256d x) {
    const __m128d pairs = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_add_sd(pairs, _mm_unpackhi_pd(pairs, pairs)));
  }

  template <std::size_t first, bool times_first, std::size_t begin, std::size_t end>
  BRAGGD_TARGET_AVX2 static void add_up(const double* weight, const double* slopes, std::size_t pitch,
                                        std::size_t n, double* sums) {
    constexpr std::size_t most = 6;  // at once, of two registers each
    constexpr std::size_t stop = std::min(end, begin + most);
    __m256d low[stop - begin], high[stop - begin];
#pragma GCC unroll 6
    for (std::size_t j = 0; j < stop - begin; ++j) low[j] = high[j] = _mm256_setzero_pd();
    for (std::size_t i = 0; i < n; i += 8) {
      __m256d factor_low = _mm256_load_pd(weight + i), factor_high = _mm256_load_pd(weight + i + 4);
      if constexpr (times_first) {
        factor_low = _mm256_mul_pd(factor_low, _mm256_load_pd(slopes + first * pitch + i));
        factor_high = _mm256_mul_pd(factor_high, _mm256_load_pd(slopes + first * pitch + i + 4));
      }
#pragma GCC unroll 6
      for (std::size_t j = 0; j < stop - begin; ++j) {
        const double* slope = slopes + (begin + j) * pitch + i;
        low[j] = _mm256_add_pd(low[j], _mm256_mul_pd(factor_low, _mm256_load_pd(slope)));
        high[j] = _mm256_add_pd(high[j], _mm256_mul_pd(factor_high, _mm256_load_pd(slope + 4)));
      }
    }
#pragma GCC unroll 6
    for (std::size_t j = 0; j < stop - begin; ++j) sums[begin + j] = folded(_mm256_add_pd(low[j], high[j]));
    if constexpr (stop < end) add_up<first, times_first, stop, end>(weight, slopes, pitch, n, sums);
  }
};

struct WideSums : NarrowSums {
  template <std::size_t first, bool times_first, std::size_t begin, std::size_t end>
  BRAGGD_TARGET_AVX512 static void add_up(const double* weight, const double* slopes, std::size_t pitch,
                                          std::size_t n, double* sums) {
    __m512d sum[end - begin];
#pragma GCC unroll 13
    for (std::size_t j = 0; j < end - begin; ++j) sum[j] = _mm512_setzero_pd();
    for (std::size_t i = 0; i < n; i += 8) {
      __m512d factor = _mm512_load_pd(weight + i);
      if constexpr (times_first) {
        factor = _mm512_mul_pd(factor, _mm512_load_pd(slopes + first * pitch + i));
      }
#pragma GCC unroll 13
      for (std::size_t j = 0; j < end - begin; ++j) {
        sum[j] =
            _mm512_add_pd(sum[j], _mm512_mul_pd(factor, _mm512_load_pd(slopes + (begin + j) * pitch + i)));
      }
    }
#pragma GCC unroll 13
    for (std::size_t j = 0; j < end - begin; ++j) {
      sums[begin + j] = NarrowSums::folded(
          _mm256_add_pd(_mm512_castpd512_pd256(sum[j]), _mm512_extractf64x4_pd(sum[j], 1)));
    }
  }
};
#endif

}  // namespace braggd::detail
