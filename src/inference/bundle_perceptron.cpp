#include "inference/bundle_perceptron.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>

#include <braggd/error.hpp>

#include "inference/script_module.hpp"
#include "inference/script_weights.hpp"

namespace braggd {

namespace {

constexpr std::uint32_t perceptron_patch_px = 11;
// Of an output, which is in px: sums in another order differ by some 1e-6.
constexpr float answer_tolerance_px = 1e-4F;

struct LayerNames {
  const char *weight, *bias;
  std::int64_t in, out;
};
constexpr std::array<LayerNames, 6> layer_names{{{"weight_1", "bias_1", 242, 256},
                                                 {"weight_2", "bias_2", 256, 128},
                                                 {"weight_3", "bias_3", 128, 64},
                                                 {"weight_4", "bias_4", 64, 2},
                                                 {"error_weight_1", "error_bias_1", 64, 32},
                                                 {"error_weight_2", "error_bias_2", 32, 2}}};

constexpr std::int64_t most_knots = 64;

/// Of a script that has it.
std::optional<ErrorByHeight> error_by_height(const NamedWeights& weights) {
  const auto knots = weights.find("height_knots"), slopes = weights.find("height_slopes");
  const auto offset = weights.find("height_offset");
  if (knots == weights.end() || slopes == weights.end() || offset == weights.end()) return {};
  const std::vector<std::int64_t>& shape = knots->second.shape;
  if (shape.size() != 1 || shape[0] < 1 || shape[0] > most_knots) return {};
  if (slopes->second.shape != shape || offset->second.shape != std::vector<std::int64_t>{1}) return {};
  return ErrorByHeight{knots->second.values, slopes->second.values, offset->second.values[0]};
}

std::optional<PeakPerceptron> made_of(const NamedWeights& weights) {
  std::array<DenseWeights, 6> layers;
  const std::optional<ErrorByHeight> by_height = error_by_height(weights);
  if (weights.size() != 2 * layers.size() + (by_height ? 3 : 0)) return {};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerNames& names = layer_names[i];
    const auto weight = weights.find(names.weight), bias = weights.find(names.bias);
    if (weight == weights.end() || weight->second.shape != std::vector{names.in, names.out}) return {};
    if (bias == weights.end() || bias->second.shape != std::vector{names.out}) return {};
    layers[i] = {weight->second.values, bias->second.values};
  }
  return PeakPerceptron(layers, by_height.value_or(ErrorByHeight{}));
}

/// Counts from 0 to 1 and a mask of -1, 0 and a constant, in `n` patches.
std::vector<float> drawn_channels(std::size_t n) {
  constexpr std::size_t pixels = PeakPerceptron::inputs / 2;
  std::minstd_rand random(1);
  std::vector<float> channels;
  for (std::size_t i = 0; i < n; ++i) {
    const float inside = static_cast<float>(random() % 100) / 100;
    std::array<float, pixels> mask;
    for (float& value : mask) {
      const auto kind = random() % 8;
      value = kind == 0 ? -1.0F : kind < 5 ? 0.0F : inside;
    }
    for (const float value : mask) {
      channels.push_back(value > 0 ? static_cast<float>(random() % 1000) / 999 : 0.0F);
    }
    channels.insert(channels.end(), mask.begin(), mask.end());
  }
  return channels;
}

bool answers_as(const ModelBundle& bundle, const PeakPerceptron& perceptron) {
  const ModelManifest& manifest = bundle.manifest;
  const ScriptModule script(bundle.script,
                            {manifest.batch, manifest.channels(), manifest.patch_px, manifest.outputs()},
                            "cpu", false);
  std::vector<float> channels = drawn_channels(manifest.batch);
  std::vector<float> expected(manifest.batch * PeakPerceptron::outputs), answers(expected.size());
  script.run(channels, expected);
  perceptron.run(channels, answers);
  return std::ranges::equal(answers, expected, [](float answer, float right) {
    return std::abs(answer - right) <= answer_tolerance_px * std::max(1.0F, std::abs(right));
  });
}

}  // namespace

bool may_be_perceptron(const ModelManifest& manifest) {
  return manifest.architecture == "braggnn-fast" && manifest.patch_px == perceptron_patch_px &&
         manifest.input == PatchInput::sqrt_and_mask && manifest.sigmas;
}

std::optional<PeakPerceptron> perceptron_of(const ModelBundle& bundle) {
  if (!may_be_perceptron(bundle.manifest)) return {};
  NamedWeights weights;
  try {
    weights = read_script_weights(bundle.script);
  } catch (const ConfigError&) {
    return {};  // of another type than float32: the script may still run
  }
  std::optional<PeakPerceptron> perceptron = made_of(weights);
  if (perceptron && !answers_as(bundle, *perceptron)) perceptron.reset();
  return perceptron;
}

}  // namespace braggd
