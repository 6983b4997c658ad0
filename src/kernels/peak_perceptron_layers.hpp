// The perceptron's layers on some patches at once: what the forms share, and the plain one.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "kernels/peak_perceptron.hpp"
#include "kernels/target.hpp"

namespace braggd::perceptron {

using Pair = PeakPerceptron::Pair;

/// Numbers that one word of a layer's input holds.
template <class Word>
inline constexpr int per_word = std::is_same_v<Word, float> ? 1 : 2;

/// Numbers of inputs and outputs, and how far the rows of two patches lie apart.
template <int in_, int in_pitch_, int out_, int out_pitch_>
struct Geometry {
  static constexpr int in = in_, in_pitch = in_pitch_, out = out_, out_pitch = out_pitch_;
};
using First = Geometry<242, 242, 256, 256>;
using Second = Geometry<256, 256, 128, 128>;
using Third = Geometry<128, 128, 64, 96>;
using Errors = Geometry<64, 96, 32, 96>;  // behind what they are made of
using Last = Geometry<96, 96, 16, 16>;    // of which 4 count

inline constexpr int group = PeakPerceptron::together;

inline std::uint16_t to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16U & 1U)) >> 16U);
}
inline Pair to_pair(float first, float second) {
  return to_bfloat16(first) | static_cast<Pair>(to_bfloat16(second)) << 16U;
}

/// What layers hand on, a row for each patch.
template <class Word>
struct Activations {
  template <class G>
  using Rows = std::array<Word, std::size_t{group} * G::out_pitch / per_word<Word>>;
  alignas(64) std::array<Word, std::size_t{group} * First::in / per_word<Word>> input;
  alignas(64) Rows<First> first;
  alignas(64) Rows<Second> second;
  alignas(64) Rows<Third> third;
  alignas(64) std::array<float, group * Last::out> last;
};

/// Plain loops, one patch after the other.
struct Plain {
  static constexpr int tile = 1;

  static void fused(float x, const PeakPerceptron::Block<float>& weight, PeakPerceptron::Block<float>& sum) {
    for (std::size_t o = 0; o < 32; ++o) sum[o] = std::fma(x, weight[o], sum[o]);
  }
  static void fused(Pair x, const PeakPerceptron::Block<Pair>& weight, PeakPerceptron::Block<float>& sum) {
    const auto number = [](Pair bits) { return std::bit_cast<float>(bits); };
    for (std::size_t o = 0; o < 32; ++o) {  // products of bfloat16 numbers are exact
      sum[o] += number(x & 0xffff0000U) * number(weight[o] & 0xffff0000U);
      sum[o] += number(x << 16U) * number(weight[o] << 16U);
    }
  }

  template <class Word>
  static void round_inputs(const float* in, std::size_t n_numbers, Word* out) {
    for (std::size_t i = 0; i < n_numbers / 2; ++i) out[i] = to_pair(in[2 * i], in[2 * i + 1]);
  }

  /// `Out` is float in the last layer: its answer is neither rounded nor rectified.
  template <class G, class Word, class Out>
  static void dense(int n_patches, const Word* in, const PeakPerceptron::Layer<Word>& layer, Out* out) {
    constexpr int words = G::in / per_word<Word>;
    for (int p = 0; p < n_patches; ++p, in += G::in_pitch / per_word<Word>) {
      for (int begin = 0; begin < G::out; begin += 32) {
        PeakPerceptron::Block<float> sum = layer.bias[static_cast<std::size_t>(begin) / 32];
        const auto* weight = &layer.weight[static_cast<std::size_t>(begin) / 32 * words];
        for (int i = 0; i < words; ++i) fused(in[i], weight[i], sum);
        Out* target = out + (p * G::out_pitch + begin) / per_word<Out>;
        for (std::size_t o = 0; o < std::size_t{std::min(32, G::out)}; ++o) {
          if constexpr (G::out == Last::out) {
            target[o] = sum[o];
          } else if constexpr (per_word<Out> == 1) {
            target[o] = sum[o] > 0 ? sum[o] : 0;
          } else if (o % 2 == 1) {
            target[o / 2] = to_pair(std::max(sum[o - 1], 0.0F), std::max(sum[o], 0.0F));
          }
        }
      }
    }
  }
};

/// At most `group` patches through the layers; `in` may be read, and `work` is written, up to the next whole tile.
template <class Form, class Word>
BRAGGD_KERNEL_BODY void run_group(int n_patches, const Word* in, const PeakPerceptron::Layers<Word>& layers,
                                  Activations<Word>& work, float* out) {
  const int n = (n_patches + Form::tile - 1) / Form::tile * Form::tile;
  Form::template dense<First>(n, in, layers[0], work.first.data());
  Form::template dense<Second>(n, work.first.data(), layers[1], work.second.data());
  Form::template dense<Third>(n, work.second.data(), layers[2], work.third.data());
  Form::template dense<Errors>(n, work.third.data(), layers[3],
                               work.third.data() + Third::out / per_word<Word>);
  Form::template dense<Last>(n, work.third.data(), layers[4], work.last.data());
  for (int p = 0; p < n_patches; ++p, out += PeakPerceptron::outputs) {
    const float* answer = &work.last[static_cast<std::size_t>(p) * Last::out];
    out[0] = answer[0];
    out[1] = answer[1];
    out[2] = std::clamp(answer[2], -8.0F, 4.0F);
    out[3] = std::clamp(answer[3], -8.0F, 4.0F);
  }
}

template <class Form, class Word>
BRAGGD_KERNEL_BODY void run_all(const PeakPerceptron::Layers<Word>& layers, std::span<const float> in,
                                std::span<float> out) {
  Activations<Word> work;
  const std::size_t n = out.size() / PeakPerceptron::outputs;
  for (std::size_t done = 0; done < n; done += group) {
    const std::size_t patches = std::min<std::size_t>(group, n - done);
    const float* from = &in[done * PeakPerceptron::inputs];
    const Word* taken = work.input.data();
    if constexpr (per_word<Word> == 2) {
      Form::round_inputs(from, patches * PeakPerceptron::inputs, work.input.data());
    } else if (patches % Form::tile == 0) {
      taken = from;
    } else {
      std::copy_n(from, patches * PeakPerceptron::inputs, work.input.data());
    }
    const std::size_t words = PeakPerceptron::inputs / per_word<Word>;
    const std::size_t filled = (patches + Form::tile - 1) / Form::tile * Form::tile;
    if (filled > patches) std::fill(&work.input[patches * words], work.input.data() + filled * words, Word{});
    run_group<Form>(static_cast<int>(patches), taken, layers, work, &out[done * PeakPerceptron::outputs]);
  }
}

}  // namespace braggd::perceptron
