// The encoder's layers on a few patches at once, in forms that give the same bits.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "kernels/rei_encoder.hpp"
#include "kernels/target.hpp"

namespace braggd::rei {

/// A convolution 3 x 3 to 32 channels: sides of the images, the input's border of zeros (which is not stored: window
/// pixels on it are left out), pixels from a row of the input to the next.
template <int in_side_, int in_pitch_, int channels_, int stride_, int border_, int out_side_, bool relu_>
struct Geometry {
  static constexpr int in_side = in_side_, in_pitch = in_pitch_, channels = channels_;
  static constexpr int stride = stride_, border = border_, out_side = out_side_;
  static constexpr bool relu = relu_;
  static constexpr int in_floats = in_side * in_pitch * channels, out_floats = out_side * out_side * 32;

  /// The window's rows (or columns) k with begin <= k < end lie inside of the image for this row of the output.
  static constexpr int window_begin(int at) { return std::max(0, border - at * stride); }
  static constexpr int window_end(int at) { return std::min(3, in_side + border - at * stride); }
  /// The output's columns for which the window's column k lies inside of the image.
  static constexpr int out_begin(int k) { return k < border ? (border - k + stride - 1) / stride : 0; }
  static constexpr int out_end(int k) { return std::min(out_side, (in_side - 1 + border - k) / stride + 1); }
};

using ToSecond = Geometry<15, 16, 1, 2, 0, 7, true>;
using ToThird = Geometry<7, 7, 32, 1, 1, 7, true>;
using ToFourth = Geometry<7, 7, 32, 2, 0, 3, true>;
using ToFifth = Geometry<3, 3, 32, 1, 1, 3, true>;
using ToEmbedding = Geometry<3, 3, 32, 2, 0, 1, false>;

inline constexpr int group = 4;  ///< patches that go through the layers together where there are as many

/// Images between layers, of each patch of a group: pixels row-major, channels innermost.
struct Images {
  static constexpr std::size_t input_pitch = 18;
  using Input = std::array<float, 17 * input_pitch>;
  alignas(64) Input input{};                             ///< of one patch, with its border; a column to spare
  alignas(64) std::array<float, group * 15 * 16> first;  ///< 1 channel; a row's last column is to spare
  alignas(64) std::array<float, group * 7 * 7 * 32> second;
  alignas(64) std::array<float, group * 7 * 7 * 32> third;
  alignas(64) std::array<float, group * 3 * 3 * 32> fourth;
  alignas(64) std::array<float, group * 3 * 3 * 32> fifth;
};

/// Plain loops.
struct Plain {
  static constexpr int at_once = 1;

  /// The patch scaled to [0, 1] inside of its border.
  static void scale(const float* patch, Images::Input& input) {
    const auto [lowest, highest] = std::ranges::minmax(std::span(patch, rei_patch_pixels));
    const float width = highest - lowest;
    for (std::size_t i = 0; i < rei_patch_pixels; ++i) {
      const std::size_t row = i / rei_patch_px, col = i % rei_patch_px;
      input[(row + 1) * Images::input_pitch + col + 1] = width > 0 ? (patch[i] - lowest) / width : 0;
    }
  }

  /// 1 channel to 1.
  static void convolve_first(const Images::Input& input, const ReiEncoder::Folded& folded, float* out) {
    for (std::size_t row = 0; row < rei_patch_px; ++row) {
      for (std::size_t col = 0; col < rei_patch_px; ++col) {
        float sum = folded.first_bias;
        for (std::size_t k = 0; k < 9; ++k) {
          sum =
              std::fma(input[(row + k / 3) * Images::input_pitch + col + k % 3], folded.first_weight[k], sum);
        }
        out[row * 16 + col] = sum > 0 ? sum : 0;
      }
    }
  }

  template <class G, int patches>
  static void convolve(const float* in, const ReiEncoder::Convolution& layer, float* out) {
    for (int row = 0; row < G::out_side; ++row) {
      for (int col = 0; col < G::out_side; ++col, out += 32) {
        ReiEncoder::Outputs sum = layer.bias;
        for (int r = G::window_begin(row); r < G::window_end(row); ++r) {
          for (int c = G::window_begin(col); c < G::window_end(col); ++c) {
            const ReiEncoder::Outputs* weight = layer.weight.data() + (r * 3 + c) * G::channels;
            const int in_row = row * G::stride + r - G::border, in_col = col * G::stride + c - G::border;
            const float* pixel = in + (in_row * G::in_pitch + in_col) * G::channels;
            for (int i = 0; i < G::channels; ++i, ++weight) {
              for (std::size_t o = 0; o < 32; ++o) sum[o] = std::fma(pixel[i], (*weight)[o], sum[o]);
            }
          }
        }
        for (std::size_t o = 0; o < 32; ++o) out[o] = G::relu && !(sum[o] > 0) ? 0 : sum[o];
      }
    }
  }
};

/// One group of patches through all layers, by a form's convolutions.
template <class Form, int patches>
BRAGGD_KERNEL_BODY void encode_group(const ReiEncoder::Folded& folded, const float* pixels, Images& images,
                                     float* embeddings) {
  const auto& layers = folded.convolutions;
  for (std::size_t i = 0; i < patches; ++i) {
    Form::scale(pixels + i * rei_patch_pixels, images.input);
    Form::convolve_first(images.input, folded, &images.first[i * ToSecond::in_floats]);
  }
  Form::template convolve<ToSecond, patches>(images.first.data(), layers[0], images.second.data());
  Form::template convolve<ToThird, patches>(images.second.data(), layers[1], images.third.data());
  Form::template convolve<ToFourth, patches>(images.third.data(), layers[2], images.fourth.data());
  Form::template convolve<ToFifth, patches>(images.fourth.data(), layers[3], images.fifth.data());
  Form::template convolve<ToEmbedding, patches>(images.fifth.data(), layers[4], embeddings);
}

template <class Form>
BRAGGD_KERNEL_BODY void encode_all(const ReiEncoder::Folded& folded, std::span<const float> patches,
                                   std::span<float> embeddings) {
  Images images;
  const std::size_t n = embeddings.size() / rei_dimensions;
  std::size_t i = 0;
  for (; i + Form::at_once <= n; i += Form::at_once) {
    encode_group<Form, Form::at_once>(folded, &patches[i * rei_patch_pixels], images,
                                      &embeddings[i * rei_dimensions]);
  }
  for (; Form::at_once > 1 && i < n; ++i) {
    encode_group<Form, 1>(folded, &patches[i * rei_patch_pixels], images, &embeddings[i * rei_dimensions]);
  }
}

}  // namespace braggd::rei
