// Private to the files that see LibTorch: a network that learns where peaks lie, and what it is shown.
#pragma once

#include <c10/core/Device.h>
#include <cstddef>
#include <optional>
#include <torch/optim/adam.h>
#include <torch/script.h>
#include <utility>
#include <vector>

#include "learning/network_plan.hpp"
#include "learning/training_patches.hpp"

namespace torch::serialize {
class InputArchive;
class OutputArchive;
}  // namespace torch::serialize

namespace braggd {

/// Patches as tensors: prepared channels [n, channels, px, px], what the residual is to and the true places, (row, col)
/// in px, [n, 2].
struct PeakBatch {
  at::Tensor channels, base, truth;
};

class PeakBatchMaker {
 public:
  /// Batches go to `device`. `manifest` and `patches` outlive this.
  PeakBatchMaker(const ModelManifest& manifest, const TrainingPatches& patches, c10::Device device);

  /// `picks`: (patch, symmetry).
  PeakBatch make(const std::vector<std::pair<std::size_t, unsigned>>& picks);

 private:
  const ModelManifest& manifest_;
  const TrainingPatches& patches_;
  c10::Device device_;
  std::vector<float> turned_;
  std::vector<Symmetry> symmetries_;
};

/// The network, its optimiser and the best weights so far.
class PeakTrainee {
 public:
  PeakTrainee(const NetworkPlan& plan, const NamedWeights& start, c10::Device device);

  /// One step. A GPU is not waited for.
  void learn(const PeakBatch& batch, double rate);
  /// Mean distance in px before each of the steps since it was last asked for.
  double take_loss();
  double mean_distance(const std::vector<PeakBatch>& batches);

  double best_px() const { return best_px_; }
  void keep_best(double validation_px);
  NamedWeights best_weights() const;

  /// Checkpoints are written as from a CPU, so that any device takes them up. load: throws LibTorch's exceptions for what
  /// is none, ConfigError for one of another network.
  void save(torch::serialize::OutputArchive& archive) const;
  void load(torch::serialize::InputArchive& archive, double best_px);

 private:
  at::Tensor off_by(const PeakBatch& batch, const at::Tensor& answer) const;

  const NetworkPlan& plan_;
  c10::Device device_;
  torch::jit::Module module_;
  std::vector<at::Tensor> parameters_, best_;
  std::optional<torch::optim::Adam> optimiser_;
  at::Tensor loss_sum_;
  std::int64_t loss_steps_ = 0;
  double best_px_ = 1e30;
};

}  // namespace braggd
