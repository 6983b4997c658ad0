// The perceptron's layers in registers: a weight that is loaded serves several patches, an input several outputs.
#pragma once

#include "kernels/peak_perceptron_layers.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>

namespace braggd::perceptron {

// One target for both arithmetics: compilers make no products of bfloat16 of their own accord, so that float32 runs
// where there are none.
#define BRAGGD_TARGET_PERCEPTRON \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,bmi,bmi2,popcnt" BRAGGD_WIDE)))

/// AVX-512: 12 patches by 32 outputs.
struct Wide {
  static constexpr int tile = 12;

  [[gnu::always_inline]] BRAGGD_TARGET_PERCEPTRON static inline __m512 add(__m512 sum, const float* x,
                                                                           const float* weight) {
    return _mm512_fmadd_ps(_mm512_set1_ps(*x), _mm512_load_ps(weight), sum);
  }
  [[gnu::always_inline]] BRAGGD_TARGET_PERCEPTRON static inline __m512 add(__m512 sum, const Pair* x,
                                                                           const Pair* weight) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(_mm512_load_si512(weight)),
                            reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(*x))));
  }

  [[gnu::always_inline]] BRAGGD_TARGET_PERCEPTRON static inline void hand_on(__m512 low, __m512 high,
                                                                             float* out) {
    _mm512_storeu_ps(out, _mm512_max_ps(low, _mm512_setzero_ps()));
    _mm512_storeu_ps(out + 16, _mm512_max_ps(high, _mm512_setzero_ps()));
  }
  [[gnu::always_inline]] BRAGGD_TARGET_PERCEPTRON static inline void hand_on(__m512 low, __m512 high,
                                                                             Pair* out) {
    const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_max_ps(high, _mm512_setzero_ps()),
                                              _mm512_max_ps(low, _mm512_setzero_ps()));
    _mm512_storeu_si512(out, reinterpret_cast<__m512i>(both));
  }

  BRAGGD_TARGET_PERCEPTRON static void round_inputs(const float* in, std::size_t n_numbers, Pair* out) {
    std::size_t i = 0;
    for (; i + 32 <= n_numbers; i += 32) {
      const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(in + i + 16), _mm512_loadu_ps(in + i));
      _mm512_storeu_si512(out + i / 2, reinterpret_cast<__m512i>(both));
    }
    Plain::round_inputs(in + i, n_numbers - i, out + i / 2);
  }

  template <class G, class Word>
  BRAGGD_TARGET_PERCEPTRON static void dense_tile(const Word* in, const PeakPerceptron::Block<Word>* weight,
                                                  const float* bias, Word* out) {
    constexpr int pitch = G::in_pitch / per_word<Word>, words = G::in / per_word<Word>;
    __m512 low[tile], high[tile];
#pragma GCC unroll 12
    for (int p = 0; p < tile; ++p) low[p] = _mm512_load_ps(bias), high[p] = _mm512_load_ps(bias + 16);
    for (int i = 0; i < words; ++i, ++in, ++weight) {
#pragma GCC unroll 12
      for (int p = 0; p < tile; ++p) {
        low[p] = add(low[p], in + p * pitch, weight->data());
        high[p] = add(high[p], in + p * pitch, weight->data() + 16);
      }
    }
#pragma GCC unroll 12
    for (int p = 0; p < tile; ++p) hand_on(low[p], high[p], out + p * G::out_pitch / per_word<Word>);
  }

  template <class G, class Word>
  BRAGGD_TARGET_PERCEPTRON static void last_tile(const Word* in, const PeakPerceptron::Block<Word>* weight,
                                                 const float* bias, float* out) {
    constexpr int pitch = G::in_pitch / per_word<Word>, words = G::in / per_word<Word>;
    __m512 sum[tile];
#pragma GCC unroll 12
    for (int p = 0; p < tile; ++p) sum[p] = _mm512_load_ps(bias);
    for (int i = 0; i < words; ++i, ++in, ++weight) {
#pragma GCC unroll 12
      for (int p = 0; p < tile; ++p) sum[p] = add(sum[p], in + p * pitch, weight->data());
    }
#pragma GCC unroll 12
    for (int p = 0; p < tile; ++p) _mm512_storeu_ps(out + p * G::out_pitch, sum[p]);
  }

  template <class G, class Word, class Out>
  BRAGGD_TARGET_PERCEPTRON static void dense(int n_patches, const Word* in,
                                             const PeakPerceptron::Layer<Word>& layer, Out* out) {
    constexpr int words = G::in / per_word<Word>, pitch = G::in_pitch / per_word<Word>;
    for (int begin = 0; begin < G::out; begin += 32) {
      const auto* weight = layer.weight.data() + begin / 32 * words;
      const float* bias = layer.bias[static_cast<std::size_t>(begin) / 32].data();
      for (int p = 0; p < n_patches; p += tile) {
        Out* target = out + (p * G::out_pitch + begin) / per_word<Out>;
        if constexpr (G::out == Last::out) {
          last_tile<G>(in + p * pitch, weight, bias, target);
        } else {
          dense_tile<G>(in + p * pitch, weight, bias, target);
        }
      }
    }
  }
};

/// AVX2, float32: 6 patches by 16 outputs, which leaves registers for the weights.
struct Narrow {
  static constexpr int tile = 6;

  template <class G>
  BRAGGD_TARGET_AVX2_FMA static void dense_tile(const float* in, const PeakPerceptron::Block<float>* weight,
                                                const float* bias, std::size_t channel, float* out) {
    __m256 low[tile], high[tile];
#pragma GCC unroll 6
    for (int p = 0; p < tile; ++p) low[p] = _mm256_load_ps(bias), high[p] = _mm256_load_ps(bias + 8);
    for (int i = 0; i < G::in; ++i, ++in, ++weight) {
      const __m256 weight_low = _mm256_load_ps(weight->data() + channel),
                   weight_high = _mm256_load_ps(weight->data() + channel + 8);
#pragma GCC unroll 6
      for (int p = 0; p < tile; ++p) {
        const __m256 x = _mm256_broadcast_ss(in + p * G::in_pitch);
        low[p] = _mm256_fmadd_ps(x, weight_low, low[p]);
        high[p] = _mm256_fmadd_ps(x, weight_high, high[p]);
      }
    }
    const __m256 zero = _mm256_setzero_ps();
    constexpr bool last = G::out == Last::out;
#pragma GCC unroll 6
    for (int p = 0; p < tile; ++p) {
      _mm256_storeu_ps(out + p * G::out_pitch, last ? low[p] : _mm256_max_ps(low[p], zero));
      _mm256_storeu_ps(out + p * G::out_pitch + 8, last ? high[p] : _mm256_max_ps(high[p], zero));
    }
  }

  template <class G>
  BRAGGD_TARGET_AVX2_FMA static void dense(int n_patches, const float* in,
                                           const PeakPerceptron::Layer<float>& layer, float* out) {
    for (int begin = 0; begin < G::out; begin += 16) {
      const auto* weight = layer.weight.data() + begin / 32 * G::in;
      const auto channel = static_cast<std::size_t>(begin) % 32;
      const float* bias = layer.bias[static_cast<std::size_t>(begin) / 32].data() + channel;
      for (int p = 0; p < n_patches; p += tile) {
        dense_tile<G>(in + p * G::in_pitch, weight, bias, channel, out + p * G::out_pitch + begin);
      }
    }
  }
};

}  // namespace braggd::perceptron
#endif
