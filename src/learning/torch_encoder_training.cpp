#include <chrono>
#include <cmath>
#include <optional>
#include <torch/optim/adam.h>
#include <torch/serialize.h>

#include <braggd/error.hpp>

#include "inference/torch_device.hpp"
#include "inference/torch_script_load.hpp"
#include "kernels/rei_encoder.hpp"
#include "learning/encoder_lesson.hpp"
#include "learning/encoder_script.hpp"
#include "learning/torch_script.hpp"
#include "learning/train_anomaly_encoder.hpp"
#include "learning/view_pairs.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t checkpoint_version = 1;

struct Pairs {
  at::Tensor plain, shown;  // [batch, 1, 15, 15]
};

Pairs make_pairs(ViewPairs& views, const EncoderTraining& options, std::int64_t step, c10::Device device) {
  const auto batch = static_cast<std::int64_t>(options.batch);
  const auto empty = [&] {
    return at::empty({batch, 1, rei_patch_px, rei_patch_px}, at::kFloat, at::MemoryFormat::ChannelsLast);
  };
  const auto pixels = [](const at::Tensor& patches) {
    return std::span(patches.data_ptr<float>(), static_cast<std::size_t>(patches.numel()));
  };
  Pairs pairs{empty(), empty()};
  views.make(static_cast<std::uint64_t>(step), pixels(pairs.plain), pixels(pairs.shown));
  return {pairs.plain.to(device), pairs.shown.to(device)};
}

/// That a file's tensor is what it is expected to be and its bytes are there.
void check_saved(const at::Tensor& saved, at::ScalarType type, at::IntArrayRef sizes) {
  const bool dense = saved.defined() && saved.layout() == at::kStrided && saved.scalar_type() == type &&
                     saved.sizes() == sizes && saved.is_non_overlapping_and_dense() &&
                     saved.storage_offset() == 0 && saved.storage().nbytes() >= saved.nbytes();
  if (!dense) throw ConfigError("it is none of this training");
}

/// 2 - 2 cos, the mean over the batch.
at::Tensor disagreement(const at::Tensor& predicted, const at::Tensor& target) {
  return (2 - 2 * at::cosine_similarity(predicted, target, 1, 1e-8)).mean();
}

/// The network that learns, the one that it follows, and the optimiser.
class Learner {
 public:
  Learner(const EncoderLesson& lesson, c10::Device device)
      : lesson_(lesson),
        online_(make_module({lesson_source(), lesson.begin}, true)),
        target_(make_module({lesson_source(), lesson.begin}, false)) {
    online_.to(device);
    target_.to(device);
    for (const WeightPlan& planned : lesson_weights()) {
      online_weights_.push_back(arranged(online_.attr(planned.name).toTensor()));
      target_weights_.push_back(arranged(target_.attr(planned.name).toTensor()));
    }
    optimiser_.emplace(online_weights_, torch::optim::AdamOptions(lesson.options.learning_rate));
  }

  /// One step; the loss before it.
  double learn(const Pairs& pairs) {
    at::Tensor plain_goal, shown_goal;
    {
      const c10::NoGradGuard no_gradient;
      plain_goal = target_.run_method("project", pairs.plain).toTensor();
      shown_goal = target_.run_method("project", pairs.shown).toTensor();
    }
    optimiser_->zero_grad();
    const at::Tensor loss = disagreement(online_.forward({pairs.plain}).toTensor(), shown_goal) +
                            disagreement(online_.forward({pairs.shown}).toTensor(), plain_goal);
    loss.backward();
    optimiser_->step();
    follow();
    return loss.item<double>();
  }

  std::vector<float> encoder() const {
    std::vector<float> weights;
    for (std::size_t i = 0; i < encoder_weights().size(); ++i) {
      const at::Tensor tensor = online_weights_[i].detach().cpu().contiguous();
      weights.insert(weights.end(), tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
    }
    return weights;
  }

  void save(torch::serialize::OutputArchive& archive) const {
    for (std::size_t i = 0; i < online_weights_.size(); ++i) {
      archive.write("online_" + std::to_string(i), online_weights_[i].detach().cpu());
      archive.write("target_" + std::to_string(i), target_weights_[i].cpu());
    }
    torch::serialize::OutputArchive optimiser;
    optimiser_->save(optimiser);
    archive.write("optimiser", optimiser);
  }

  void load(torch::serialize::InputArchive& archive) {
    const c10::NoGradGuard no_gradient;
    const auto take = [&](const std::string& name, at::Tensor& weight) {
      at::Tensor saved;
      archive.read(name, saved);
      check_saved(saved, at::kFloat, weight.sizes());
      weight.copy_(saved);
    };
    for (std::size_t i = 0; i < online_weights_.size(); ++i) {
      take("online_" + std::to_string(i), online_weights_[i]);
      take("target_" + std::to_string(i), target_weights_[i]);
    }
    torch::serialize::InputArchive optimiser;
    archive.read("optimiser", optimiser);
    optimiser_->load(optimiser);
    check_optimiser();
  }

 private:
  // Sizes that do not fit a weight make the next step throw; what must not be is memory that is not there.
  void check_optimiser() {
    for (const auto& [weight, held] : optimiser_->state()) {
      const auto& state = static_cast<const torch::optim::AdamParamState&>(*held);
      check_saved(state.exp_avg(), at::kFloat, state.exp_avg().sizes());
      check_saved(state.exp_avg_sq(), at::kFloat, state.exp_avg_sq().sizes());
    }
  }

  // Channels innermost, as oneDNN computes: a tenth faster.
  static at::Tensor arranged(at::Tensor weight) {
    if (weight.dim() == 4) weight.set_data(weight.detach().contiguous(at::MemoryFormat::ChannelsLast));
    return weight;
  }

  void follow() {
    const c10::NoGradGuard no_gradient;
    const double momentum = lesson_.options.momentum;
    for (std::size_t i = 0; i < online_weights_.size(); ++i) {
      target_weights_[i].mul_(momentum).add_(online_weights_[i], 1 - momentum);
    }
  }

  const EncoderLesson& lesson_;
  torch::jit::Module online_, target_;
  std::vector<at::Tensor> online_weights_, target_weights_;
  std::optional<torch::optim::Adam> optimiser_;
};

/// Where a training stands; with the learner, all that a checkpoint holds.
struct EncoderStand {
  std::int64_t step = 0;
  double loss_sum = 0;  // of the epoch that is not over
  double first_loss = 0, last_loss = 0, seconds = 0;
};

void save_checkpoint(const EncoderLesson& lesson, const EncoderStand& stand, const Learner& learner) {
  if (lesson.options.checkpoint.empty()) return;
  std::filesystem::path fresh = lesson.options.checkpoint;
  fresh += ".part";
  torch::serialize::OutputArchive archive;
  archive.write("version", c10::IValue(checkpoint_version));
  archive.write("options", c10::IValue(lesson.options_digest));
  archive.write("patches", c10::IValue(lesson.patches_digest));
  archive.write("numbers", at::tensor({static_cast<double>(stand.step), stand.loss_sum, stand.first_loss,
                                       stand.last_loss, stand.seconds},
                                      at::kDouble));
  learner.save(archive);
  archive.save_to(fresh.string());
  std::filesystem::rename(fresh, lesson.options.checkpoint);
}

void take_up(const EncoderLesson& lesson, std::int64_t n_steps, c10::Device device, Learner& learner,
             EncoderStand& stand) {
  torch::serialize::InputArchive archive;
  archive.load_from(lesson.options.checkpoint.string(), device);
  c10::IValue version, options, patches;
  archive.read("version", version);
  archive.read("options", options);
  archive.read("patches", patches);
  if (!version.isInt() || version.toInt() != checkpoint_version || !options.isString() || !patches.isString())
    throw ConfigError("it is one of another version of braggd");
  if (options.toStringRef() != lesson.options_digest)
    throw ConfigError(
        "it was made with another seed, batch, learning rate, momentum or encoder to start from");
  if (patches.toStringRef() != lesson.patches_digest) throw ConfigError("it was made from other patches");
  at::Tensor numbers;
  archive.read("numbers", numbers);
  if (numbers.numel() != 5 || numbers.scalar_type() != at::kDouble) throw ConfigError("it is no checkpoint");
  const at::Tensor held = numbers.cpu();
  const double* n = held.data_ptr<double>();
  if (!(n[0] >= 0 && n[0] <= static_cast<double>(n_steps)))
    throw ConfigError("it has learned for more epochs already");
  learner.load(archive);
  stand = {static_cast<std::int64_t>(n[0]), n[1], n[2], n[3], n[4]};
}

EncoderStand load_checkpoint(const EncoderLesson& lesson, std::int64_t n_steps, c10::Device device,
                             Learner& learner) {
  EncoderStand stand;
  const std::filesystem::path& checkpoint = lesson.options.checkpoint;
  if (checkpoint.empty() || !std::filesystem::exists(checkpoint)) return stand;
  try {
    take_up(lesson, n_steps, device, learner, stand);
  } catch (const std::exception& error) {
    throw ConfigError(checkpoint.string() + ": cannot be taken up (" +
                          std::string(error.what()).substr(0, 200) + "); remove it to begin anew",
                      "checkpoint");
  }
  return stand;
}

TrainedEncoder train(const EncoderLesson& lesson, const std::function<void(const EncoderProgress&)>& progress,
                     const std::function<bool()>& stopped) {
  use_one_thread();
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  const c10::Device device = chosen_device(lesson.options.device);
  ViewPairs views(lesson.patches, lesson.options.batch, lesson.options.seed);
  Learner learner(lesson, device);
  const auto per_epoch = static_cast<std::int64_t>(views.steps_per_epoch());
  const std::int64_t n_steps = per_epoch * lesson.options.epochs;
  EncoderStand stand = load_checkpoint(lesson, n_steps, device, learner);
  const auto begun = Clock::now();
  const double seconds_before = stand.seconds;
  const std::int64_t first_step = stand.step;
  TrainedEncoder result;
  result.device = device.str();
  while (stand.step < n_steps && !result.interrupted) {
    const double loss = learner.learn(make_pairs(views, lesson.options, stand.step, device));
    if (!std::isfinite(loss))
      throw ConfigError("the loss is no longer finite; learn more slowly", "learning_rate");
    stand.loss_sum += loss;
    ++stand.step;
    const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    stand.seconds = seconds_before + seconds;
    result.interrupted = stand.step < n_steps && stopped && stopped();
    const bool epoch_is_over = stand.step % per_epoch == 0;
    if (epoch_is_over) {
      stand.last_loss = stand.loss_sum / static_cast<double>(per_epoch);
      if (stand.step == per_epoch) stand.first_loss = stand.last_loss;
      stand.loss_sum = 0;
    }
    if (epoch_is_over || result.interrupted) save_checkpoint(lesson, stand, learner);
    if (!epoch_is_over) continue;
    const double per_step = seconds / static_cast<double>(stand.step - first_step);
    progress({static_cast<std::uint32_t>(stand.step / per_epoch), lesson.options.epochs, stand.last_loss,
              per_step * static_cast<double>(n_steps - stand.step)});
  }
  result.weights = learner.encoder();
  result.first_loss = stand.first_loss;
  result.last_loss = stand.last_loss;
  result.epochs = static_cast<std::uint32_t>(stand.step / per_epoch);
  result.seconds = stand.seconds;
  return result;
}

}  // namespace

extern "C" void braggd_train_anomaly_encoder(const EncoderLesson& lesson,
                                             const std::function<void(const EncoderProgress&)>& progress,
                                             const std::function<bool()>& stopped, TrainedEncoder& out) {
  out = train(lesson, progress, stopped);
}

static_assert(std::is_same_v<decltype(braggd_train_anomaly_encoder), TrainAnomalyEncoder>);

}  // namespace braggd
