#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <torch/serialize.h>

#include <braggd/error.hpp>

#include "inference/torch_device.hpp"
#include "inference/torch_script_load.hpp"
#include "learning/torch_peak_trainee.hpp"
#include "learning/train_peak_network.hpp"
#include "simulation/random.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t validation_patches = 16384;
constexpr std::uint64_t stretches = 40;  // of a training, with a validation after each
constexpr double slowest_rate = 1e-3;    // of the learning rate, at the end

std::vector<PeakBatch> validation_batches(const ModelManifest& manifest, const TrainingPatches& patches,
                                          c10::Device device) {
  PeakBatchMaker maker(manifest, patches, device);
  std::vector<PeakBatch> batches;
  for (std::size_t begin = 0; begin < patches.size(); begin += 256) {
    std::vector<std::pair<std::size_t, unsigned>> picks;
    for (std::size_t i = begin; i < std::min(begin + 256, patches.size()); ++i) picks.emplace_back(i, 0U);
    batches.push_back(maker.make(picks));
  }
  return batches;
}

/// Where a training stands; with the trainee, all that a checkpoint holds.
struct PeakStand {
  std::int64_t step = 0;
  double first_loss = 0, last_loss = 0, seconds = 0;
};

at::Tensor numbers_of(const TrainingOptions& options, const PeakStand& stand, double best_px) {
  return at::tensor(
      {static_cast<double>(options.seed), static_cast<double>(options.patches),
       static_cast<double>(options.pool), static_cast<double>(stand.step), stand.first_loss, stand.last_loss,
       stand.seconds, best_px, options.tailed_share, options.spots.sigma.min_px, options.spots.sigma.max_px,
       options.spots.peak_max, options.spots.lorentz_max, options.spots.winged_share,
       options.spots.background_min, options.spots.background_max},
      at::kDouble);
}

void save_checkpoint(const TrainingOptions& options, const std::string& from, const PeakStand& stand,
                     const PeakTrainee& trainee) {
  if (options.checkpoint.empty()) return;
  std::filesystem::path fresh = options.checkpoint;
  fresh += ".part";
  torch::serialize::OutputArchive archive;
  archive.write("numbers", numbers_of(options, stand, trainee.best_px()));
  archive.write("started_from", c10::IValue(from));
  trainee.save(archive);
  archive.save_to(fresh.string());
  std::filesystem::rename(fresh, options.checkpoint);
}

PeakStand load_checkpoint(const TrainingOptions& options, const std::string& from, c10::Device device,
                          PeakTrainee& trainee) {
  PeakStand stand;
  if (options.checkpoint.empty() || !std::filesystem::exists(options.checkpoint)) return stand;
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(options.checkpoint.string(), device);
    at::Tensor numbers;
    archive.read("numbers", numbers);
    if (numbers.numel() != 16 || numbers.scalar_type() != at::kDouble)
      throw ConfigError("it is no checkpoint");
    const at::Tensor held = numbers.cpu();
    const double* n = held.data_ptr<double>();
    if (n[0] != static_cast<double>(options.seed) || n[1] != static_cast<double>(options.patches) ||
        n[2] != static_cast<double>(options.pool) || n[8] != options.tailed_share ||
        SpotRanges{{n[9], n[10]}, n[11], n[12], n[13], n[14], n[15]} != options.spots) {
      throw ConfigError("it was made with another seed, number of patches, pool, spots or share of tails");
    }
    c10::IValue started_from;
    archive.read("started_from", started_from);
    if (!started_from.isString() || started_from.toStringRef() != from) {
      throw ConfigError("it was begun from other weights");
    }
    trainee.load(archive, n[7]);
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
  const c10::Device device = chosen_device(options.device);
  const NetworkPlan plan = network_plan(options.network);
  const auto patches_of = [&](std::uint64_t seed, std::uint64_t n) {
    return make_training_patches(
        training_set(plan.manifest.patch_px, seed, options.spots, options.tailed_share), n, stopped);
  };
  const TrainingPatches pool = patches_of(options.seed, options.pool);
  const TrainingPatches held_out =
      patches_of(options.seed + 0x5eed, std::min<std::uint64_t>(validation_patches, options.pool));
  if (pool.size() == 0 || held_out.size() == 0)
    throw InputError("stopped before there was anything to learn from");
  const std::vector<PeakBatch> validation = validation_batches(plan.manifest, held_out, device);

  PeakTrainee trainee(plan, start.weights, device);
  PeakBatchMaker maker(plan.manifest, pool, device);
  PeakStand stand = load_checkpoint(options, start.from, device, trainee);
  const std::uint64_t batch = plan.training_batch;
  const auto n_steps = static_cast<std::int64_t>(std::max<std::uint64_t>(1, options.patches / batch));
  const std::int64_t stretch = std::max<std::int64_t>(1, n_steps / static_cast<std::int64_t>(stretches));
  const double first_rate = first_learning_rate(plan, !start.from.empty());
  const auto begun = Clock::now();
  const double seconds_before = stand.seconds;
  const std::int64_t first_step = stand.step;
  TrainedNetwork result;
  result.device = device.str();
  std::vector<std::pair<std::size_t, unsigned>> picks(batch);
  while (stand.step < n_steps) {
    pick(options, stand.step, pool.size(), picks);
    trainee.learn(maker.make(picks), first_rate * rate_at(stand.step, n_steps));
    ++stand.step;
    stand.seconds = seconds_before + std::chrono::duration<double>(Clock::now() - begun).count();
    result.interrupted =
        (stopped && stopped()) || (options.minutes > 0 && stand.seconds > 60 * options.minutes);
    if (stand.step % stretch != 0 && stand.step != n_steps && !result.interrupted) continue;
    stand.last_loss = trainee.take_loss();
    if (stand.step <= stretch) stand.first_loss = stand.last_loss;
    const double validation_px = trainee.mean_distance(validation);
    if (validation_px < trainee.best_px()) trainee.keep_best(validation_px);
    save_checkpoint(options, start.from, stand, trainee);
    const double per_step = (stand.seconds - seconds_before) / static_cast<double>(stand.step - first_step);
    progress({static_cast<std::uint64_t>(stand.step) * batch, stand.last_loss, validation_px,
              per_step * static_cast<double>(n_steps - stand.step)});
    if (result.interrupted) break;
  }
  result.weights = trainee.best_weights();
  result.patches = static_cast<std::uint64_t>(stand.step) * batch;
  result.validation_px = trainee.best_px();
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
