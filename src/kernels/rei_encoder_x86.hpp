// The encoder's layers in registers: a weight or an input that is loaded serves several pixels or channels.
#pragma once

#include "kernels/rei_encoder_layers.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>

namespace braggd::rei {

/// What comes before there are 32 channels: rows of 15 pixels as columns 0 to 7 and 7 to 14, rows of 16 as two halves.
struct OneChannel {
  BRAGGD_TARGET_AVX2_FMA static __m256 lowest_of_lanes(__m256 x) {
    x = _mm256_min_ps(x, _mm256_permute2f128_ps(x, x, 1));
    x = _mm256_min_ps(x, _mm256_shuffle_ps(x, x, 0x4e));
    return _mm256_min_ps(x, _mm256_shuffle_ps(x, x, 0xb1));
  }

  BRAGGD_TARGET_AVX2_FMA static void scale(const float* patch, Images::Input& input) {
    const __m256 zero = _mm256_setzero_ps();
    __m256 low = _mm256_loadu_ps(patch), high = low, low_right = low, high_right = low;
    for (std::size_t row = 0; row < rei_patch_px; ++row) {
      const __m256 left = _mm256_loadu_ps(patch + row * rei_patch_px);
      const __m256 right = _mm256_loadu_ps(patch + row * rei_patch_px + 7);
      low = _mm256_min_ps(low, left), low_right = _mm256_min_ps(low_right, right);
      high = _mm256_max_ps(high, left), high_right = _mm256_max_ps(high_right, right);
    }
    low = lowest_of_lanes(_mm256_min_ps(low, low_right));
    high = _mm256_sub_ps(zero, lowest_of_lanes(_mm256_sub_ps(zero, _mm256_max_ps(high, high_right))));
    const __m256 width = _mm256_sub_ps(high, low);
    const __m256 is_wide = _mm256_cmp_ps(width, zero, _CMP_GT_OQ);
    for (std::size_t row = 0; row < rei_patch_px; ++row) {
      for (std::size_t col = 0; col <= 7; col += 7) {
        const __m256 x = _mm256_sub_ps(_mm256_loadu_ps(patch + row * rei_patch_px + col), low);
        _mm256_storeu_ps(&input[(row + 1) * Images::input_pitch + col + 1],
                         _mm256_and_ps(_mm256_div_ps(x, width), is_wide));
      }
    }
  }

  BRAGGD_TARGET_AVX2_FMA static void convolve_first(const Images::Input& input,
                                                    const ReiEncoder::Folded& folded, float* out) {
    const __m256 zero = _mm256_setzero_ps(), bias = _mm256_set1_ps(folded.first_bias);
    __m256 weight[9];
#pragma GCC unroll 9
    for (std::size_t k = 0; k < 9; ++k) weight[k] = _mm256_set1_ps(folded.first_weight[k]);
    for (std::size_t row = 0; row < rei_patch_px; ++row, out += 16) {
      __m256 left = bias, right = bias;
#pragma GCC unroll 9
      for (std::size_t k = 0; k < 9; ++k) {
        const float* in = &input[(row + k / 3) * Images::input_pitch + k % 3];
        left = _mm256_fmadd_ps(_mm256_loadu_ps(in), weight[k], left);
        right = _mm256_fmadd_ps(_mm256_loadu_ps(in + 8), weight[k], right);
      }
      _mm256_storeu_ps(out, _mm256_max_ps(left, zero));
      _mm256_storeu_ps(out + 8, _mm256_max_ps(right, zero));
    }
  }
};

/// AVX-512: a row of the output at once, of all patches where rows are short; 32 channels in two registers each.
struct Wide : OneChannel {
  static constexpr int at_once = group;

  // Adds the window's column k of one of its rows: `row` is that row of the input.
  template <class G, int patches, int k>
  [[gnu::always_inline]] BRAGGD_TARGET_AVX512 static inline void add(const float* row,
                                                                     const ReiEncoder::Outputs* weight,
                                                                     __m512* low, __m512* high) {
    constexpr int first = G::out_begin(k), last = G::out_end(k);
    weight += k * G::channels;
    for (int i = 0; i < G::channels; ++i, ++row, ++weight) {
      const __m512 weight_low = _mm512_load_ps(weight->data()),
                   weight_high = _mm512_load_ps(weight->data() + 16);
#pragma GCC unroll 4
      for (int p = 0; p < patches; ++p) {
#pragma GCC unroll 7
        for (int col = first; col < last; ++col) {
          const int at = p * G::out_side + col;
          const __m512 x =
              _mm512_set1_ps(row[p * G::in_floats + (col * G::stride + k - G::border) * G::channels]);
          low[at] = _mm512_fmadd_ps(x, weight_low, low[at]);
          high[at] = _mm512_fmadd_ps(x, weight_high, high[at]);
        }
      }
    }
  }

  template <class G, int patches>
  BRAGGD_TARGET_AVX512 static void convolve_tile(const float* in, const ReiEncoder::Convolution& layer,
                                                 float* out) {
    constexpr std::size_t n = patches * G::out_side;
    const __m512 zero = _mm512_setzero_ps(), bias_low = _mm512_load_ps(layer.bias.data()),
                 bias_high = _mm512_load_ps(layer.bias.data() + 16);
    for (int row = 0; row < G::out_side; ++row, out += G::out_side * 32) {
      __m512 low[n], high[n];
#pragma GCC unroll 12
      for (std::size_t i = 0; i < n; ++i) low[i] = bias_low, high[i] = bias_high;
      for (int r = G::window_begin(row); r < G::window_end(row); ++r) {
        const float* from = in + (row * G::stride + r - G::border) * G::in_pitch * G::channels;
        const ReiEncoder::Outputs* weight = layer.weight.data() + r * 3 * G::channels;
        add<G, patches, 0>(from, weight, low, high);
        add<G, patches, 1>(from, weight, low, high);
        add<G, patches, 2>(from, weight, low, high);
      }
#pragma GCC unroll 12
      for (std::size_t i = 0; i < n; ++i) {
        float* target = out + i / G::out_side * G::out_floats + i % G::out_side * 32;
        _mm512_storeu_ps(target, G::relu ? _mm512_max_ps(low[i], zero) : low[i]);
        _mm512_storeu_ps(target + 16, G::relu ? _mm512_max_ps(high[i], zero) : high[i]);
      }
    }
  }

  template <class G, int patches>
  BRAGGD_TARGET_AVX512 static void convolve(const float* in, const ReiEncoder::Convolution& layer,
                                            float* out) {
    constexpr int together = G::out_side > 3 ? 1 : patches;
    for (int p = 0; p < patches; p += together) {
      convolve_tile<G, together>(in + p * G::in_floats, layer, out + p * G::out_floats);
    }
  }
};

/// AVX2: 16 channels at a time in two registers a pixel, at most 6 or 8 pixels, which leaves registers for the weights.
struct Narrow : OneChannel {
  static constexpr int at_once = group;

  // As above, for the output's columns begin <= col < end.
  template <class G, int patches, int begin, int end, int channel, int k>
  [[gnu::always_inline]] BRAGGD_TARGET_AVX2_FMA static inline void add(const float* row,
                                                                       const ReiEncoder::Outputs* weight,
                                                                       __m256* low, __m256* high) {
    constexpr int first = std::max(begin, G::out_begin(k)), last = std::min(end, G::out_end(k));
    weight += k * G::channels;
    for (int i = 0; i < G::channels; ++i, ++row, ++weight) {
      const __m256 weight_low = _mm256_load_ps(weight->data() + channel),
                   weight_high = _mm256_load_ps(weight->data() + channel + 8);
#pragma GCC unroll 4
      for (int p = 0; p < patches; ++p) {
#pragma GCC unroll 4
        for (int col = first; col < last; ++col) {
          const int at = p * (end - begin) + col - begin;
          const __m256 x =
              _mm256_broadcast_ss(row + p * G::in_floats + (col * G::stride + k - G::border) * G::channels);
          low[at] = _mm256_fmadd_ps(x, weight_low, low[at]);
          high[at] = _mm256_fmadd_ps(x, weight_high, high[at]);
        }
      }
    }
  }

  template <class G, int patches, int begin, int end, int channel>
  BRAGGD_TARGET_AVX2_FMA static void convolve_tile(const float* in, const ReiEncoder::Convolution& layer,
                                                   float* out) {
    constexpr std::size_t cols = end - begin, n = patches * cols;
    const __m256 zero = _mm256_setzero_ps(), bias_low = _mm256_load_ps(layer.bias.data() + channel),
                 bias_high = _mm256_load_ps(layer.bias.data() + channel + 8);
    for (int row = 0; row < G::out_side; ++row, out += G::out_side * 32) {
      __m256 low[n], high[n];
#pragma GCC unroll 6
      for (std::size_t i = 0; i < n; ++i) low[i] = bias_low, high[i] = bias_high;
      for (int r = G::window_begin(row); r < G::window_end(row); ++r) {
        const float* from = in + (row * G::stride + r - G::border) * G::in_pitch * G::channels;
        const ReiEncoder::Outputs* weight = layer.weight.data() + r * 3 * G::channels;
        add<G, patches, begin, end, channel, 0>(from, weight, low, high);
        add<G, patches, begin, end, channel, 1>(from, weight, low, high);
        add<G, patches, begin, end, channel, 2>(from, weight, low, high);
      }
#pragma GCC unroll 6
      for (std::size_t i = 0; i < n; ++i) {
        float* target = out + i / cols * G::out_floats + (begin + i % cols) * 32 + channel;
        _mm256_storeu_ps(target, G::relu ? _mm256_max_ps(low[i], zero) : low[i]);
        _mm256_storeu_ps(target + 8, G::relu ? _mm256_max_ps(high[i], zero) : high[i]);
      }
    }
  }

  template <class G, int patches, int most_together, int begin, int end>
  BRAGGD_TARGET_AVX2_FMA static void convolve_columns(const float* in, const ReiEncoder::Convolution& layer,
                                                      float* out) {
    constexpr int together = std::min(patches, most_together);
    for (int p = 0; p < patches; p += together) {
      convolve_tile<G, together, begin, end, 0>(in + p * G::in_floats, layer, out + p * G::out_floats);
    }
    for (int p = 0; p < patches; p += together) {
      convolve_tile<G, together, begin, end, 16>(in + p * G::in_floats, layer, out + p * G::out_floats);
    }
  }

  template <class G, int patches>
  BRAGGD_TARGET_AVX2_FMA static void convolve(const float* in, const ReiEncoder::Convolution& layer,
                                              float* out) {
    if constexpr (G::out_side == 7) {
      convolve_columns<G, patches, 1, 0, 4>(in, layer, out);
      convolve_columns<G, patches, 2, 4, 7>(in, layer, out);
    } else {
      convolve_columns<G, patches, G::out_side == 3 ? 2 : 4, 0, G::out_side>(in, layer, out);
    }
  }
};

}  // namespace braggd::rei
#endif
