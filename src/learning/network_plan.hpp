// The networks that braggd trains: what they are made of and how they are taught.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inference/model_manifest.hpp"
#include "inference/script_weights.hpp"
#include "kernels/error_by_height.hpp"

namespace braggd {

/// TorchScript source and the weights that it names.
struct Script {
  std::string source;
  NamedWeights weights;
};

struct WeightPlan {
  std::string name;
  std::vector<std::int64_t> shape;
};

struct NetworkPlan {
  ModelManifest manifest;           ///< all but what training finds out
  std::vector<WeightPlan> weights;  ///< in the order in which they are drawn
  std::string training_source;      ///< forward as it is trained
  std::uint32_t training_batch = 512;
  double learning_rate = 2e-3;
};

/// "braggnn-11", "braggnn-15" or "braggnn-fast". Throws ConfigError for another name.
NetworkPlan network_plan(std::string_view name);

/// Adam's rate at the beginning: half of the plan's where a trained network goes on.
double first_learning_rate(const NetworkPlan& plan, bool goes_on);

/// Weights to begin with: uniform after Glorot & Bengio 2010 (AISTATS 9, 249), biases 0.
NamedWeights initial_weights(const NetworkPlan& plan, std::uint64_t seed);

/// What a deployed braggnn-fast holds beside the weights that are trained.
NamedWeights error_by_height_weights(const ErrorByHeight& by_height);

/// What goes into the bundle: the same function as training_source, without what only training needs, BraggNN
/// collapsed.
Script deployed_script(const NetworkPlan& plan, const NamedWeights& weights);

}  // namespace braggd
