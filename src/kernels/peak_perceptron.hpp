// The arithmetic of braggnn-fast: a perceptron that places peaks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/error_by_height.hpp"
#include "kernels/kernel_set.hpp"

namespace braggd {

/// A dense layer as networks are stored: weight [in][out] row-major, bias [out].
struct DenseWeights {
  std::span<const float> weight, bias;
};

/// Two channels of 11 x 11 px through dense layers 242-256-128-64 with ReLU; from there 64-2 to a place, and 64-32-2, ReLU
/// between, to the logarithms of its errors, bounded to [-8, 4], to which what the height of the patch says is added.
///
/// What comes out for a patch depends neither on the patches beside it nor, in float32, on the kernel set: products are
/// fused into sums in the order of the inputs, the bias first. In bfloat16 inputs, weights and what layers hand on are
/// rounded, products are summed by pairs of inputs in float32, and the last layer's answer is not rounded; there
/// the instruction, which loses numbers below 2^-126, is close to the plain form and no more.
class PeakPerceptron {
 public:
  static constexpr std::size_t inputs = 242, outputs = 4;
  static constexpr std::size_t together = 48;  ///< patches; others are filled up to a multiple of 12

  /// The three layers of the body, that to the place, the two to the errors. Throws ConfigError for other shapes.
  explicit PeakPerceptron(const std::array<DenseWeights, 6>& layers, ErrorByHeight by_height = {});

  /// in: n x 242, finite; out: n x 4: row, col, logarithms of their errors (or col first, as the network was taught).
  void run(std::span<const float> in, std::span<float> out) const;
  void run_with(KernelSet set, std::span<const float> in, std::span<float> out) const;

  /// The same in bfloat16.
  void run_bfloat16(std::span<const float> in, std::span<float> out) const;
  void run_bfloat16_plainly(std::span<const float> in, std::span<float> out) const;

  /// Two bfloat16 numbers, the first in the lower half.
  using Pair = std::uint32_t;
  /// Of 32 outputs: what one input adds to each (float), or two inputs (Pair).
  template <class Word>
  struct alignas(64) Block : std::array<Word, 32> {};
  template <class Word>
  struct Layer {
    std::vector<Block<Word>> weight;   // [outputs / 32][inputs], or [outputs / 32][inputs / 2]
    std::vector<Block<float>> bias{};  // [outputs / 32]
  };
  /// Three of the body, the first of the errors, and one for both heads' ends: 64 + 32 inputs, 4 outputs.
  template <class Word>
  using Layers = std::array<Layer<Word>, 5>;

 private:
  void add_heights(std::span<const float> in, std::span<float> out) const;

  ErrorByHeight by_height_;
  Layers<float> layers_;
  Layers<Pair> bfloat16_layers_;
};

/// True where the processor has products of bfloat16 and the kernels may use them.
bool has_bfloat16_products();

}  // namespace braggd
