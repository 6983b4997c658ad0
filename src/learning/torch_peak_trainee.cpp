// The library of networks: one step of a training of a peak network.
#include "learning/torch_peak_trainee.hpp"

#include <algorithm>
#include <torch/serialize.h>

#include <braggd/error.hpp>

#include "inference/patch_input.hpp"
#include "kernels/patch_channels.hpp"
#include "learning/torch_script.hpp"

namespace braggd {

namespace {

std::string script_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

torch::jit::Module trainable_module(const NetworkPlan& plan, const NamedWeights& start, c10::Device device) {
  Script script{plan.training_source, {}};
  for (const auto& [name, weight] : start) script.weights.emplace(script_name(name), weight);
  torch::jit::Module module = make_module(script, true);
  module.to(device);
  return module;
}

/// Least where 68.3 % of the distances are within sigma (Koenker and Bassett 1978, Econometrica 46, 33): of logarithms, so
/// that small errors count as large ones do. The likelihood of a normal distribution would teach the root mean square,
/// which a few peaks that are far off make too large for all others.
at::Tensor quantile_loss(const at::Tensor& off, const at::Tensor& log_sigma) {
  constexpr double within = 0.6827, nearest_px = 1e-4;
  const at::Tensor beyond = off.abs().clamp_min(nearest_px).log() - log_sigma;
  return at::max(within * beyond, (within - 1) * beyond).mean();
}

void put(const at::Tensor& pairs, std::size_t i, float row, float col) {
  pairs.data_ptr<float>()[2 * i] = row;
  pairs.data_ptr<float>()[2 * i + 1] = col;
}

}  // namespace

PeakBatchMaker::PeakBatchMaker(const ModelManifest& manifest, const TrainingPatches& patches,
                               c10::Device device)
    : manifest_(manifest), patches_(patches), device_(device), turned_(manifest.patch_pixels()) {
  for (unsigned which = 0; which < 8; ++which) symmetries_.emplace_back(manifest.patch_px, which);
}

PeakBatch PeakBatchMaker::make(const std::vector<std::pair<std::size_t, unsigned>>& picks) {
  const auto n = static_cast<std::int64_t>(picks.size());
  const std::int64_t side = manifest_.patch_px, channels = manifest_.channels();
  PeakBatch batch{at::empty({n, channels, side, side}, at::kFloat), at::zeros({n, 2}, at::kFloat),
                  at::empty({n, 2}, at::kFloat)};
  const std::size_t floats = manifest_.patch_pixels() * manifest_.channels();
  const std::span<float> all(batch.channels.data_ptr<float>(), floats * picks.size());
  for (std::size_t i = 0; i < picks.size(); ++i) {
    const auto [index, which] = picks[i];
    const Symmetry& symmetry = symmetries_[which];
    symmetry.turn(patches_.patch(index), turned_);
    prepare_patch(manifest_.input, turned_, patches_.thresholds[index], all.subspan(i * floats, floats));
    const auto [row, col] = symmetry.turn(patches_.rows[index], patches_.cols[index]);
    put(batch.truth, i, row, col);
    if (manifest_.residual) {
      const SquaredCentroid base = squared_centroid(turned_, manifest_.patch_px);
      put(batch.base, i, base.row, base.col);
    }
  }
  return {batch.channels.to(device_), batch.base.to(device_), batch.truth.to(device_)};
}

PeakTrainee::PeakTrainee(const NetworkPlan& plan, const NamedWeights& start, c10::Device device)
    : plan_(plan),
      device_(device),
      module_(trainable_module(plan, start, device)),
      loss_sum_(at::zeros({}, at::TensorOptions(at::kDouble).device(device))) {
  for (const WeightPlan& planned : plan.weights) {
    parameters_.push_back(module_.attr(script_name(planned.name)).toTensor());
  }
  optimiser_.emplace(parameters_, torch::optim::AdamOptions(plan.learning_rate));
  keep_best(best_px_);
}

void PeakTrainee::learn(const PeakBatch& batch, double rate) {
  for (torch::optim::OptimizerParamGroup& group : optimiser_->param_groups()) {
    static_cast<torch::optim::AdamOptions&>(group.options()).lr(rate);
  }
  optimiser_->zero_grad();
  const at::Tensor answer = module_.forward({batch.channels}).toTensor();
  const at::Tensor off = off_by(batch, answer);
  const at::Tensor distance = (off.square().sum(1) + 1e-12).sqrt().mean();
  at::Tensor loss = distance;
  if (plan_.manifest.sigmas) {
    loss = loss + quantile_loss(off.detach(), answer.narrow(1, 2, 2));
  }
  loss.backward();
  optimiser_->step();
  loss_sum_ += distance.detach();
  ++loss_steps_;
}

double PeakTrainee::take_loss() {
  const double mean = loss_sum_.item<double>() / static_cast<double>(loss_steps_);
  loss_sum_.zero_();
  loss_steps_ = 0;
  return mean;
}

double PeakTrainee::mean_distance(const std::vector<PeakBatch>& batches) {
  const c10::InferenceMode inference;
  double sum = 0, n = 0;
  for (const PeakBatch& batch : batches) {
    const at::Tensor off = off_by(batch, module_.forward({batch.channels}).toTensor());
    sum += off.square().sum(1).sqrt().sum().item<double>();
    n += static_cast<double>(off.size(0));
  }
  return sum / n;
}

void PeakTrainee::keep_best(double validation_px) {
  best_px_ = validation_px;
  best_.clear();
  for (const at::Tensor& parameter : parameters_)
    best_.push_back(parameter.detach().to(at::kCPU, parameter.scalar_type(), false, true));
}

NamedWeights PeakTrainee::best_weights() const {
  NamedWeights weights;
  for (std::size_t i = 0; i < best_.size(); ++i) {
    const at::Tensor& tensor = best_[i];
    const float* values = tensor.data_ptr<float>();
    weights.emplace(plan_.weights[i].name, Weight{plan_.weights[i].shape, {values, values + tensor.numel()}});
  }
  return weights;
}

void PeakTrainee::save(torch::serialize::OutputArchive& archive) const {
  for (std::size_t i = 0; i < best_.size(); ++i) {
    archive.write("now_" + std::to_string(i), parameters_[i].detach().cpu());
    archive.write("best_" + std::to_string(i), best_[i]);
  }
  torch::serialize::OutputArchive optimiser;
  optimiser_->save(optimiser);
  archive.write("optimiser", optimiser);
}

void PeakTrainee::load(torch::serialize::InputArchive& archive, double best_px) {
  const c10::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < best_.size(); ++i) {
    at::Tensor now, best;
    archive.read("now_" + std::to_string(i), now);
    archive.read("best_" + std::to_string(i), best);
    if (now.sizes() != parameters_[i].sizes() || best.sizes() != parameters_[i].sizes()) {
      throw ConfigError("the checkpoint is one of another network");
    }
    parameters_[i].copy_(now);
    best_[i] = best.cpu();
  }
  torch::serialize::InputArchive optimiser;
  archive.read("optimiser", optimiser);
  optimiser_->load(optimiser);
  best_px_ = best_px;
}

at::Tensor PeakTrainee::off_by(const PeakBatch& batch, const at::Tensor& answer) const {
  return answer.narrow(1, 0, 2) * plan_.manifest.scale_px + batch.base - batch.truth;
}

}  // namespace braggd
