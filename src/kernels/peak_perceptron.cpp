#include "kernels/peak_perceptron.hpp"

#include <string>
#include <utility>

#include <braggd/error.hpp>

#include "kernels/peak_perceptron_layers.hpp"
#include "kernels/peak_perceptron_x86.hpp"

#if BRAGGD_X86_KERNELS
#include <cpuid.h>
#endif

namespace braggd {

namespace {

using perceptron::Pair;

struct Shape {
  std::size_t in, out;
};
constexpr std::array<Shape, 6> shapes{{{242, 256}, {256, 128}, {128, 64}, {64, 2}, {64, 32}, {32, 2}}};

void check(const std::array<DenseWeights, 6>& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].weight.size() != shapes[i].in * shapes[i].out || layers[i].bias.size() != shapes[i].out) {
      throw ConfigError("layer " + std::to_string(i + 1) + " of the perceptron is not of " +
                        std::to_string(shapes[i].in) + " x " + std::to_string(shapes[i].out) + " weights");
    }
  }
}

using FloatLayer = PeakPerceptron::Layer<float>;

FloatLayer empty_layer(std::size_t in, std::size_t out) {
  const std::size_t blocks = (out + 31) / 32;
  return {std::vector<PeakPerceptron::Block<float>>(blocks * in),
          std::vector<PeakPerceptron::Block<float>>(blocks)};
}

/// Writes a layer's weights into a packed one of `packed_in` inputs, at an input and an output of it.
void pack(const DenseWeights& from, FloatLayer& layer, std::size_t packed_in, std::size_t first_in = 0,
          std::size_t first_out = 0) {
  const std::size_t out = from.bias.size();
  for (std::size_t o = 0; o < out; ++o) {
    const std::size_t block = (first_out + o) / 32, lane = (first_out + o) % 32;
    layer.bias[block][lane] = from.bias[o];
    for (std::size_t i = 0; i < from.weight.size() / out; ++i) {
      layer.weight[block * packed_in + first_in + i][lane] = from.weight[i * out + o];
    }
  }
}

PeakPerceptron::Layer<Pair> by_pairs(const FloatLayer& layer) {
  PeakPerceptron::Layer<Pair> pairs{std::vector<PeakPerceptron::Block<Pair>>(layer.weight.size() / 2),
                                    layer.bias};
  for (std::size_t i = 0; i < pairs.weight.size(); ++i) {
    for (std::size_t o = 0; o < 32; ++o) {
      pairs.weight[i][o] = perceptron::to_pair(layer.weight[2 * i][o], layer.weight[2 * i + 1][o]);
    }
  }
  return pairs;
}

#if BRAGGD_X86_KERNELS
BRAGGD_TARGET_AVX2_FMA void run_avx2(const PeakPerceptron::Layers<float>& layers, std::span<const float> in,
                                     std::span<float> out) {
  perceptron::run_all<perceptron::Narrow>(layers, in, out);
}
BRAGGD_TARGET_PERCEPTRON void run_avx512(const PeakPerceptron::Layers<float>& layers,
                                         std::span<const float> in, std::span<float> out) {
  perceptron::run_all<perceptron::Wide>(layers, in, out);
}
BRAGGD_TARGET_PERCEPTRON void run_avx512_bfloat16(const PeakPerceptron::Layers<Pair>& layers,
                                                  std::span<const float> in, std::span<float> out) {
  perceptron::run_all<perceptron::Wide>(layers, in, out);
}
#endif

}  // namespace

PeakPerceptron::PeakPerceptron(const std::array<DenseWeights, 6>& layers, ErrorByHeight by_height)
    : by_height_(std::move(by_height)) {
  check(layers);
  const DenseWeights &place = layers[3], &errors = layers[4], &errors_end = layers[5];
  for (std::size_t i = 0; i < 3; ++i) {
    layers_[i] = empty_layer(shapes[i].in, shapes[i].out);
    pack(layers[i], layers_[i], shapes[i].in);
  }
  layers_[3] = empty_layer(64, 32);
  pack(errors, layers_[3], 64);
  layers_[4] = empty_layer(96, 4);
  pack(place, layers_[4], 96);
  pack(errors_end, layers_[4], 96, 64, 2);
  for (std::size_t i = 0; i < layers_.size(); ++i) bfloat16_layers_[i] = by_pairs(layers_[i]);
}

void PeakPerceptron::run(std::span<const float> in, std::span<float> out) const {
  static const KernelSet set = kernel_set();
  run_with(set, in, out);
}

void PeakPerceptron::run_with([[maybe_unused]] KernelSet set, std::span<const float> in,
                              std::span<float> out) const {
  auto* run = &perceptron::run_all<perceptron::Plain, float>;
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) {
    run = &run_avx512;
  } else if (set == KernelSet::avx2 && __builtin_cpu_supports("fma")) {
    run = &run_avx2;
  }
#endif
  run(layers_, in, out);
  add_heights(in, out);
}

void PeakPerceptron::run_bfloat16(std::span<const float> in, std::span<float> out) const {
#if BRAGGD_X86_KERNELS
  static const bool fast = has_bfloat16_products();
  if (fast) {
    run_avx512_bfloat16(bfloat16_layers_, in, out);
    return add_heights(in, out);
  }
#endif
  run_bfloat16_plainly(in, out);
}

void PeakPerceptron::run_bfloat16_plainly(std::span<const float> in, std::span<float> out) const {
  perceptron::run_all<perceptron::Plain>(bfloat16_layers_, in, out);
  add_heights(in, out);
}

void PeakPerceptron::add_heights(std::span<const float> in, std::span<float> out) const {
  constexpr std::size_t pixels = inputs / 2;
  for (std::size_t i = 0; i < out.size() / outputs; ++i) {
    const float added = by_height_.of(in.subspan(i * inputs + pixels, pixels));
    for (float& error : out.subspan(i * outputs + 2, 2)) error += added;
  }
}

bool has_bfloat16_products() {
#if BRAGGD_X86_KERNELS
  // Asked for by its bit: Clang 14 does not know it by name.
  unsigned a = 0, b = 0, c = 0, d = 0;
  return kernel_set() >= KernelSet::avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 &&
         (a >> 5U & 1U) != 0;
#else
  return false;
#endif
}

}  // namespace braggd
