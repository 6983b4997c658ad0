// The encoder's layers on one patch, in two forms that give the same bits.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "kernels/rei_encoder.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd::rei {

/// Images between layers: pixels row-major, channels innermost, those that a bordered convolution reads with their
/// border.
struct Images {
  std::array<float, 17 * 17> input{};                  ///< with its border
  std::array<float, 15 * 15> first{};                  ///< 1 channel
  alignas(64) std::array<float, 9 * 9 * 32> second{};  ///< 7 x 7 with its border
  alignas(64) std::array<float, 7 * 7 * 32> third{};
  alignas(64) std::array<float, 5 * 5 * 32> fourth{};  ///< 3 x 3 with its border
  alignas(64) std::array<float, 3 * 3 * 32> fifth{};
  alignas(64) std::array<float, 32> embedding{};
};

/// A convolution to 32 channels: sides of the images as they lie in memory, what is skipped at the target's edge.
template <int in_side_, int channels_, int stride_, int out_side_, int margin_, bool relu_>
struct Geometry {
  static constexpr int in_side = in_side_, channels = channels_, stride = stride_, out_side = out_side_;
  static constexpr int margin = margin_, out_stride = out_side_ + 2 * margin_;
  static constexpr bool relu = relu_;
};

/// Plain loops.
struct Plain {
  template <class G>
  BRAGGD_KERNEL_BODY static void convolve(const float* in, const ReiEncoder::Convolution& layer, float* out) {
    for (int row = 0; row < G::out_side; ++row) {
      for (int col = 0; col < G::out_side; ++col) {
        std::array<float, 32> sum = layer.bias;
        const float* weight = layer.weight.data();
        for (int r = 0; r < 3; ++r) {
          for (int c = 0; c < 3; ++c) {
            const float* pixel =
                in + ((row * G::stride + r) * G::in_side + col * G::stride + c) * G::channels;
            for (int i = 0; i < G::channels; ++i, weight += 32) {
              for (std::size_t o = 0; o < 32; ++o) sum[o] = std::fma(pixel[i], weight[o], sum[o]);
            }
          }
        }
        float* target = out + ((row + G::margin) * G::out_stride + col + G::margin) * 32;
        for (std::size_t o = 0; o < 32; ++o) target[o] = G::relu && !(sum[o] > 0) ? 0 : sum[o];
      }
    }
  }
};

#if BRAGGD_X86_KERNELS
/// A row of pixels at once, 32 channels in two registers each.
struct Wide {
  template <class G>
  BRAGGD_TARGET_AVX512 static void convolve(const float* in, const ReiEncoder::Convolution& layer,
                                            float* out) {
    const __m512 bias_low = _mm512_loadu_ps(layer.bias.data());
    const __m512 bias_high = _mm512_loadu_ps(layer.bias.data() + 16);
    for (int row = 0; row < G::out_side; ++row) {
      __m512 low[G::out_side], high[G::out_side];
#pragma GCC unroll 7
      for (int col = 0; col < G::out_side; ++col) low[col] = bias_low, high[col] = bias_high;
      const float* weight = layer.weight.data();
      for (int r = 0; r < 3; ++r) {
        for (int c = 0; c < 3; ++c) {
          const float* pixel = in + ((row * G::stride + r) * G::in_side + c) * G::channels;
          for (int i = 0; i < G::channels; ++i, weight += 32) {
            const __m512 weight_low = _mm512_loadu_ps(weight), weight_high = _mm512_loadu_ps(weight + 16);
#pragma GCC unroll 7
            for (int col = 0; col < G::out_side; ++col) {
              const __m512 x = _mm512_set1_ps(pixel[col * G::stride * G::channels + i]);
              low[col] = _mm512_fmadd_ps(x, weight_low, low[col]);
              high[col] = _mm512_fmadd_ps(x, weight_high, high[col]);
            }
          }
        }
      }
      float* target = out + ((row + G::margin) * G::out_stride + G::margin) * 32;
      const __m512 zero = _mm512_setzero_ps();
#pragma GCC unroll 7
      for (int col = 0; col < G::out_side; ++col) {
        _mm512_storeu_ps(target + col * 32, G::relu ? _mm512_max_ps(low[col], zero) : low[col]);
        _mm512_storeu_ps(target + col * 32 + 16, G::relu ? _mm512_max_ps(high[col], zero) : high[col]);
      }
    }
  }
};
#endif

using ToSecond = Geometry<15, 1, 2, 7, 1, true>;
using ToThird = Geometry<9, 32, 1, 7, 0, true>;
using ToFourth = Geometry<7, 32, 2, 3, 1, true>;
using ToFifth = Geometry<5, 32, 1, 3, 0, true>;
using ToEmbedding = Geometry<3, 32, 2, 1, 0, false>;

}  // namespace braggd::rei
