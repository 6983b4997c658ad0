#include "kernels/peak_perceptron.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {
namespace {

constexpr std::size_t inputs = PeakPerceptron::inputs, outputs = PeakPerceptron::outputs;

struct Drawn {
  std::array<std::vector<float>, 6> weight, bias;

  explicit Drawn(unsigned seed, double scale = 1) {
    constexpr std::array<std::array<std::size_t, 2>, 6> shapes{
        {{242, 256}, {256, 128}, {128, 64}, {64, 2}, {64, 32}, {32, 2}}};
    std::mt19937 random(seed);
    for (std::size_t k = 0; k < shapes.size(); ++k) {
      const auto [in, out] = shapes[k];
      const double reach = scale * std::sqrt(6 / static_cast<double>(in + out));
      std::uniform_real_distribution<double> draw(-reach, reach);
      weight[k].resize(in * out);
      bias[k].resize(out);
      for (float& w : weight[k]) w = static_cast<float>(draw(random));
      for (float& b : bias[k]) b = static_cast<float>(draw(random));
    }
  }
  std::array<DenseWeights, 6> layers() const {
    std::array<DenseWeights, 6> all;
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = {weight[k], bias[k]};
    return all;
  }

  std::vector<double> through(std::size_t k, const std::vector<double>& in, bool rectified) const {
    std::vector<double> out(bias[k].begin(), bias[k].end());
    for (std::size_t i = 0; i < in.size(); ++i) {
      for (std::size_t o = 0; o < out.size(); ++o) out[o] += in[i] * double{weight[k][i * out.size() + o]};
    }
    for (double& x : out) x = rectified ? std::max(x, 0.0) : x;
    return out;
  }
  /// In double precision.
  std::vector<double> answer(std::span<const float> patch) const {
    std::vector<double> h(patch.begin(), patch.end());
    for (std::size_t k = 0; k < 3; ++k) h = through(k, h, true);
    std::vector<double> place = through(3, h, false);
    for (const double s : through(5, through(4, h, true), false)) place.push_back(std::clamp(s, -8.0, 4.0));
    return place;
  }
};

/// Counts between 0 and 1, many of them 0; a mask of -1, 0 and a constant.
std::vector<float> drawn_inputs(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> in(n * inputs);
  for (float& x : in) x = random() % 3 == 0 ? 0.F : static_cast<float>(random() % 2001) / 1000 - 1;
  return in;
}

TEST(PeakPerceptron, AgreesWithItsLayersInDoublePrecision) {
  for (const double scale : {1.0, 3.0}) {  // the wider one meets the bounds of the errors
    const Drawn drawn(1, scale);
    const PeakPerceptron perceptron(drawn.layers());
    const std::vector<float> in = drawn_inputs(61, 2);
    std::vector<float> out(61 * outputs);
    perceptron.run(in, out);
    for (std::size_t i = 0; i < 61; ++i) {
      const std::vector<double> expected = drawn.answer(std::span(in).subspan(i * inputs, inputs));
      for (std::size_t k = 0; k < outputs; ++k) {
        EXPECT_NEAR(out[i * outputs + k], expected[k], 1e-5 * (1 + std::abs(expected[k]))) << i << " " << k;
      }
    }
  }
}

TEST(PeakPerceptron, EveryKernelSetGivesTheSameBits) {
  const PeakPerceptron perceptron(Drawn(3).layers());
  const std::vector<float> in = drawn_inputs(77, 4);
  std::vector<float> scalar(77 * outputs);
  perceptron.run_with(KernelSet::scalar, in, scalar);
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<float> out(scalar.size());
    perceptron.run_with(set, in, out);
    EXPECT_EQ(std::memcmp(out.data(), scalar.data(), scalar.size() * sizeof(float)), 0) << name_of(set);
  }
}

TEST(PeakPerceptron, HowManyPatchesComeTogetherChangesNoBit) {
  const PeakPerceptron perceptron(Drawn(5).layers());
  constexpr std::size_t n = 2 * PeakPerceptron::together + 7;
  const std::vector<float> in = drawn_inputs(n, 6);
  const auto runs = [&](auto run) {
    std::vector<float> all(n * outputs);
    run(std::span<const float>(in), std::span(all));
    for (const std::size_t i : {std::size_t{0}, std::size_t{11}, std::size_t{12}, n - 1}) {
      std::vector<float> alone(outputs);
      run(std::span(in).subspan(i * inputs, inputs), std::span(alone));
      EXPECT_EQ(std::memcmp(alone.data(), &all[i * outputs], outputs * sizeof(float)), 0) << i;
    }
  };
  for (const KernelSet set : supported_kernel_sets()) {
    runs([&](std::span<const float> from, std::span<float> to) { perceptron.run_with(set, from, to); });
  }
  runs([&](std::span<const float> from, std::span<float> to) { perceptron.run_bfloat16(from, to); });
}

TEST(PeakPerceptron, InBfloat16AgreesWithThePlainFormAndRoughlyWithFloat32) {
  const PeakPerceptron perceptron(Drawn(7).layers());
  const std::vector<float> in = drawn_inputs(53, 8);
  std::vector<float> fast(53 * outputs), plain(fast.size()), float32(fast.size());
  perceptron.run_bfloat16(in, fast);
  perceptron.run_bfloat16_plainly(in, plain);
  perceptron.run(in, float32);
  double off = 0;
  for (std::size_t i = 0; i < fast.size(); ++i) {
    // A sum that lies between two roundings may go either way.
    EXPECT_NEAR(fast[i], plain[i], 2e-3) << i;
    off += std::abs(double{fast[i]} - double{float32[i]}) / static_cast<double>(fast.size());
  }
  EXPECT_LT(off, 0.02);
  EXPECT_GT(off, 1e-6);
}

TEST(PeakPerceptron, AddsToItsErrorsWhatTheHeightSays) {
  const Drawn drawn(9);
  const std::array<float, 2> knots{0, 4}, values{1, -1};
  const ErrorByHeight by_height = line_through(knots, values);
  const PeakPerceptron without(drawn.layers()), with(drawn.layers(), by_height);
  const std::vector<float> in = drawn_inputs(29, 10);
  const auto compare = [&](auto run) {
    std::vector<float> before(29 * outputs), after(before.size());
    run(without, before);
    run(with, after);
    for (std::size_t i = 0; i < 29; ++i) {
      const float added = by_height.of(std::span(in).subspan(i * inputs + inputs / 2, inputs / 2));
      ASSERT_NE(added, 0);
      for (std::size_t k = 0; k < outputs; ++k) {
        EXPECT_EQ(after[i * outputs + k], before[i * outputs + k] + (k < 2 ? 0 : added)) << i << " " << k;
      }
    }
  };
  for (const KernelSet set : supported_kernel_sets()) {
    compare([&](const PeakPerceptron& one, std::span<float> out) { one.run_with(set, in, out); });
  }
  compare([&](const PeakPerceptron& one, std::span<float> out) { one.run_bfloat16(in, out); });
  compare([&](const PeakPerceptron& one, std::span<float> out) { one.run_bfloat16_plainly(in, out); });
}

TEST(PeakPerceptron, RefusesLayersOfOtherShapes) {
  const Drawn drawn(1);
  std::array<DenseWeights, 6> layers = drawn.layers();
  layers[2].bias = layers[2].bias.first(63);
  EXPECT_THROW(PeakPerceptron{layers}, ConfigError);
}

}  // namespace
}  // namespace braggd
