#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>
#include <torch/optim/adam.h>
#include <torch/serialize.h>

#include <braggd/error.hpp>

#include "inference/patch_input.hpp"
#include "inference/torch_script_load.hpp"
#include "kernels/patch_channels.hpp"
#include "learning/torch_script.hpp"
#include "learning/train_peak_network.hpp"
#include "learning/training_patches.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t validation_patches = 16384;
constexpr std::uint64_t stretches = 40;  // of a training, with a validation after each
constexpr double slowest_rate = 1e-3;    // of the learning rate, at the end

std::string script_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// A batch as tensors: prepared channels, what the residual is to, and the true places.
struct Batch {
  at::Tensor channels, base, truth;
};

class BatchMaker {
 public:
  BatchMaker(const ModelManifest& manifest, const TrainingPatches& patches)
      : manifest_(manifest), patches_(patches), turned_(manifest.patch_pixels()) {
    for (unsigned which = 0; which < 8; ++which) symmetries_.emplace_back(manifest.patch_px, which);
  }

  /// `picks`: (patch, symmetry).
  Batch make(const std::vector<std::pair<std::size_t, unsigned>>& picks) {
    const auto n = static_cast<std::int64_t>(picks.size());
    const std::int64_t side = manifest_.patch_px, channels = manifest_.channels();
    Batch batch{at::empty({n, channels, side, side}, at::kFloat), at::zeros({n, 2}, at::kFloat),
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
    return batch;
  }

 private:
  static void put(const at::Tensor& pairs, std::size_t i, float row, float col) {
    pairs.data_ptr<float>()[2 * i] = row;
    pairs.data_ptr<float>()[2 * i + 1] = col;
  }

  const ModelManifest& manifest_;
  const TrainingPatches& patches_;
  std::vector<float> turned_;
  std::vector<Symmetry> symmetries_;
};

/// The network, its optimiser and the best weights so far.
class Trainee {
 public:
  Trainee(const NetworkPlan& plan, const NamedWeights& start) : plan_(plan), module_(module_of(plan, start)) {
    for (const WeightPlan& planned : plan.weights) {
      parameters_.push_back(module_.attr(script_name(planned.name)).toTensor());
    }
    optimiser_.emplace(parameters_, torch::optim::AdamOptions(plan.learning_rate));
    keep_best(1e30);
  }

  /// One step; the mean distance in px before it.
  double learn(const Batch& batch, double rate) {
    for (torch::optim::OptimizerParamGroup& group : optimiser_->param_groups()) {
      static_cast<torch::optim::AdamOptions&>(group.options()).lr(rate);
    }
    optimiser_->zero_grad();
    const at::Tensor answer = module_.forward({batch.channels}).toTensor();
    const at::Tensor off = off_by(batch, answer);
    const at::Tensor distance = (off.square().sum(1) + 1e-12).sqrt().mean();
    at::Tensor loss = distance;
    if (plan_.manifest.sigmas) {
      const at::Tensor log_sigma = answer.narrow(1, 2, 2);
      loss = loss + (log_sigma + 0.5 * off.detach().square() * (-2 * log_sigma).exp()).mean();
    }
    loss.backward();
    optimiser_->step();
    return distance.item<double>();
  }

  double mean_distance(const std::vector<Batch>& batches) {
    const c10::InferenceMode inference;
    double sum = 0, n = 0;
    for (const Batch& batch : batches) {
      const at::Tensor off = off_by(batch, module_.forward({batch.channels}).toTensor());
      sum += off.square().sum(1).sqrt().sum().item<double>();
      n += static_cast<double>(off.size(0));
    }
    return sum / n;
  }

  void keep_best(double validation_px) {
    best_px = validation_px;
    best_.clear();
    for (const at::Tensor& parameter : parameters_) best_.push_back(parameter.detach().clone());
  }

  NamedWeights best_weights() const {
    NamedWeights weights;
    for (std::size_t i = 0; i < best_.size(); ++i) {
      const at::Tensor& tensor = best_[i];
      const float* values = tensor.data_ptr<float>();
      weights.emplace(plan_.weights[i].name,
                      Weight{plan_.weights[i].shape, {values, values + tensor.numel()}});
    }
    return weights;
  }

  void save(torch::serialize::OutputArchive& archive) const {
    for (std::size_t i = 0; i < best_.size(); ++i) {
      archive.write("now_" + std::to_string(i), parameters_[i].detach());
      archive.write("best_" + std::to_string(i), best_[i]);
    }
    torch::serialize::OutputArchive optimiser;
    optimiser_->save(optimiser);
    archive.write("optimiser", optimiser);
  }

  void load(torch::serialize::InputArchive& archive) {
    const c10::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < best_.size(); ++i) {
      at::Tensor now;
      archive.read("now_" + std::to_string(i), now);
      archive.read("best_" + std::to_string(i), best_[i]);
      if (now.sizes() != parameters_[i].sizes() || best_[i].sizes() != parameters_[i].sizes()) {
        throw ConfigError("the checkpoint is one of another network");
      }
      parameters_[i].copy_(now);
    }
    torch::serialize::InputArchive optimiser;
    archive.read("optimiser", optimiser);
    optimiser_->load(optimiser);
  }

  double best_px = 1e30;

 private:
  static torch::jit::Module module_of(const NetworkPlan& plan, const NamedWeights& start) {
    Script script{plan.training_source, {}};
    for (const auto& [name, weight] : start) script.weights.emplace(script_name(name), weight);
    return make_module(script, true);
  }

  at::Tensor off_by(const Batch& batch, const at::Tensor& answer) const {
    return answer.narrow(1, 0, 2) * plan_.manifest.scale_px + batch.base - batch.truth;
  }

  const NetworkPlan& plan_;
  torch::jit::Module module_;
  std::vector<at::Tensor> parameters_, best_;
  std::optional<torch::optim::Adam> optimiser_;
};

std::vector<Batch> validation_batches(const ModelManifest& manifest, const TrainingPatches& patches) {
  BatchMaker maker(manifest, patches);
  std::vector<Batch> batches;
  for (std::size_t begin = 0; begin < patches.size(); begin += 256) {
    std::vector<std::pair<std::size_t, unsigned>> picks;
    for (std::size_t i = begin; i < std::min(begin + 256, patches.size()); ++i) picks.emplace_back(i, 0U);
    batches.push_back(maker.make(picks));
  }
  return batches;
}

/// Where a training stands; with the trainee, all that a checkpoint holds.
struct Stand {
  std::int64_t step = 0;
  double first_loss = 0, last_loss = 0, seconds = 0;
};

at::Tensor numbers_of(const TrainingOptions& options, const Stand& stand, double best_px) {
  return at::tensor({static_cast<double>(options.seed), static_cast<double>(options.patches),
                     static_cast<double>(options.pool), static_cast<double>(stand.step), stand.first_loss,
                     stand.last_loss, stand.seconds, best_px, options.sigma.min_px, options.sigma.max_px},
                    at::kDouble);
}

void save_checkpoint(const TrainingOptions& options, const std::string& from, const Stand& stand,
                     const Trainee& trainee) {
  if (options.checkpoint.empty()) return;
  std::filesystem::path fresh = options.checkpoint;
  fresh += ".part";
  torch::serialize::OutputArchive archive;
  archive.write("numbers", numbers_of(options, stand, trainee.best_px));
  archive.write("started_from", c10::IValue(from));
  trainee.save(archive);
  archive.save_to(fresh.string());
  std::filesystem::rename(fresh, options.checkpoint);
}

Stand load_checkpoint(const TrainingOptions& options, const std::string& from, Trainee& trainee) {
  Stand stand;
  if (options.checkpoint.empty() || !std::filesystem::exists(options.checkpoint)) return stand;
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(options.checkpoint.string());
    at::Tensor numbers;
    archive.read("numbers", numbers);
    if (numbers.numel() != 10 || numbers.scalar_type() != at::kDouble)
      throw ConfigError("it is no checkpoint");
    const double* n = numbers.data_ptr<double>();
    if (n[0] != static_cast<double>(options.seed) || n[1] != static_cast<double>(options.patches) ||
        n[2] != static_cast<double>(options.pool) || n[8] != options.sigma.min_px ||
        n[9] != options.sigma.max_px) {
      throw ConfigError("it was made with another seed, number of patches, pool or widths");
    }
    c10::IValue started_from;
    archive.read("started_from", started_from);
    if (!started_from.isString() || started_from.toStringRef() != from) {
      throw ConfigError("it was begun from other weights");
    }
    trainee.load(archive);
    trainee.best_px = n[7];
    stand = {static_cast<std::int64_t>(n[3]), n[4], n[5], n[6]};
  } catch (const std::exception& error) {
    throw ConfigError(options.checkpoint.string() + ": cannot be taken up (" +
                          std::string(error.what()).substr(0, 200) + "); remove it to begin anew",
                      "checkpoint");
  }
  return stand;
}

/// Which patches a step learns from, each turned and mirrored in one of eight ways.
void pick(const TrainingOptions& options, std::int64_t step, std::size_t pool,
          std::vector<std::pair<std::size_t, unsigned>>& picks) {
  Random random(options.seed, RandomStream::exposure, static_cast<std::uint64_t>(step));
  for (auto& one : picks) {
    one = {static_cast<std::size_t>(random.below(pool)), static_cast<unsigned>(random.below(8))};
  }
}

/// From 1 to slowest_rate along half a cosine.
double rate_at(std::int64_t step, std::int64_t n_steps) {
  const double part = static_cast<double>(step) / static_cast<double>(n_steps);
  return std::max(0.5 * (1 + std::cos(std::numbers::pi * part)), slowest_rate);
}

TrainedNetwork train(const TrainingOptions& options, const StartingWeights& start,
                     const std::function<void(const TrainingProgress&)>& progress,
                     const std::function<bool()>& stopped) {
  use_one_thread();
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  const NetworkPlan plan = network_plan(options.network);
  const auto patches_of = [&](std::uint64_t seed, std::uint64_t n) {
    return make_training_patches(training_set(plan.manifest.patch_px, seed, options.sigma), n, stopped);
  };
  const TrainingPatches pool = patches_of(options.seed, options.pool);
  const TrainingPatches held_out =
      patches_of(options.seed + 0x5eed, std::min<std::uint64_t>(validation_patches, options.pool));
  if (pool.size() == 0 || held_out.size() == 0)
    throw InputError("stopped before there was anything to learn from");
  const std::vector<Batch> validation = validation_batches(plan.manifest, held_out);

  Trainee trainee(plan, start.weights);
  BatchMaker maker(plan.manifest, pool);
  Stand stand = load_checkpoint(options, start.from, trainee);
  const std::uint64_t batch = plan.training_batch;
  const auto n_steps = static_cast<std::int64_t>(std::max<std::uint64_t>(1, options.patches / batch));
  const std::int64_t stretch = std::max<std::int64_t>(1, n_steps / static_cast<std::int64_t>(stretches));
  const double first_rate = first_learning_rate(plan, !start.from.empty());
  const auto begun = Clock::now();
  const double seconds_before = stand.seconds;
  const std::int64_t first_step = stand.step;
  TrainedNetwork result;
  double loss_sum = 0;
  std::int64_t loss_steps = 0;
  std::vector<std::pair<std::size_t, unsigned>> picks(batch);
  while (stand.step < n_steps) {
    pick(options, stand.step, pool.size(), picks);
    loss_sum += trainee.learn(maker.make(picks), first_rate * rate_at(stand.step, n_steps));
    ++loss_steps;
    ++stand.step;
    stand.seconds = seconds_before + std::chrono::duration<double>(Clock::now() - begun).count();
    result.interrupted =
        (stopped && stopped()) || (options.minutes > 0 && stand.seconds > 60 * options.minutes);
    if (stand.step % stretch != 0 && stand.step != n_steps && !result.interrupted) continue;
    stand.last_loss = loss_sum / static_cast<double>(loss_steps);
    if (stand.step <= stretch) stand.first_loss = stand.last_loss;
    loss_sum = 0;
    loss_steps = 0;
    const double validation_px = trainee.mean_distance(validation);
    if (validation_px < trainee.best_px) trainee.keep_best(validation_px);
    save_checkpoint(options, start.from, stand, trainee);
    const double per_step = (stand.seconds - seconds_before) / static_cast<double>(stand.step - first_step);
    progress({static_cast<std::uint64_t>(stand.step) * batch, stand.last_loss, validation_px,
              per_step * static_cast<double>(n_steps - stand.step)});
    if (result.interrupted) break;
  }
  result.weights = trainee.best_weights();
  result.patches = static_cast<std::uint64_t>(stand.step) * batch;
  result.validation_px = trainee.best_px;
  result.first_loss_px = stand.first_loss;
  result.last_loss_px = stand.last_loss;
  result.seconds = stand.seconds;
  return result;
}

}  // namespace

extern "C" void braggd_train_peak_network(const TrainingOptions& options, const StartingWeights& start,
                                          const std::function<void(const TrainingProgress&)>& progress,
                                          const std::function<bool()>& stopped, TrainedNetwork& out) {
  out = train(options, start, progress, stopped);
}

static_assert(std::is_same_v<decltype(braggd_train_peak_network), TrainPeakNetwork>);

}  // namespace braggd
