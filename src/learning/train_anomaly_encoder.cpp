#include "learning/train_anomaly_encoder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include <braggd/error.hpp>

#include "core/sha256.hpp"
#include "inference/network_library.hpp"
#include "kernels/rei_encoder.hpp"
#include "learning/encoder_lesson.hpp"
#include "learning/patch_views.hpp"

namespace braggd {

namespace {

bool all_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float x) { return std::isfinite(x); });
}

void check_options(const EncoderTraining& options) {
  if (options.epochs < 1) throw ConfigError("a training has at least 1 epoch", "epochs");
  if (options.batch < 2)
    throw ConfigError("a batch has at least 2 patches: each is normalised by all of them", "batch");
  if (!(options.learning_rate > 0 && options.learning_rate <= 1))
    throw ConfigError("the learning rate is above 0 and at most 1", "learning_rate");
  if (!(options.momentum >= 0 && options.momentum <= 1))
    throw ConfigError("the momentum is between 0 and 1", "momentum");
  if (options.start_from.empty()) return;
  if (options.start_from.size() != rei_encoder_weights || !all_finite(options.start_from)) {
    throw ConfigError("training goes on from " + std::to_string(rei_encoder_weights) +
                          " finite weights of an encoder; name a bundle that holds such",
                      "start_from");
  }
}

void check_patches(std::span<const float> patches, std::uint32_t batch) {
  if (patches.size() % rei_patch_pixels != 0) {
    throw InputError("patches to learn from have " + std::to_string(rei_patch_pixels) + " pixels each, and " +
                     std::to_string(patches.size()) + " pixels are no whole number of them");
  }
  const std::size_t n = patches.size() / rei_patch_pixels;
  if (n == 0) {
    throw ConfigError(
        "there are no patches to learn from; lower the threshold or take a scan with more spots");
  }
  if (n < batch) {
    throw ConfigError("there are " + std::to_string(n) + " patches, fewer than a batch of " +
                          std::to_string(batch) + "; take more scans, a lower threshold or a smaller batch",
                      "batch");
  }
  const auto bad = std::ranges::find_if(patches, [](float x) { return !std::isfinite(x); });
  if (bad != patches.end()) {
    throw InputError(
        "patch " + std::to_string((bad - patches.begin()) / rei_patch_pixels) +
        " to learn from has a pixel that is not finite; mask such pixels before patches are cut");
  }
}

template <class Value>
std::string_view bytes_of(std::span<const Value> values) {
  return {
      reinterpret_cast<const char*>(values.data()),  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
      values.size_bytes()};
}

// Not of the number of epochs: a training may be prolonged.
std::string digest_of(const EncoderTraining& options) {
  const std::vector<std::uint64_t> numbers{options.seed, options.batch,
                                           std::bit_cast<std::uint64_t>(options.learning_rate),
                                           std::bit_cast<std::uint64_t>(options.momentum)};
  std::string bytes(bytes_of(std::span(numbers)));
  bytes += bytes_of(std::span(options.start_from));
  return sha256_hex(bytes);
}

}  // namespace

TrainedEncoder train_anomaly_encoder(std::span<const float> patches, const EncoderTraining& options,
                                     const std::function<void(const EncoderProgress&)>& progress,
                                     const std::function<bool()>& stopped) {
  check_options(options);
  check_patches(patches, options.batch);
  auto* train = network_function_as<TrainAnomalyEncoder>("braggd_train_anomaly_encoder");
  EncoderLesson lesson{options, std::vector<float>(patches.size()), {}, {}, {}};
  for (std::size_t begin = 0; begin < patches.size(); begin += rei_patch_pixels) {
    scale_to_unit(patches.subspan(begin, rei_patch_pixels),
                  std::span(lesson.patches).subspan(begin, rei_patch_pixels));
  }
  lesson.begin = lesson_begin(options.seed, options.start_from);
  lesson.options_digest = digest_of(options);
  lesson.patches_digest = sha256_hex(bytes_of(std::span<const float>(lesson.patches)));
  TrainedEncoder trained;
  train(lesson, progress, stopped, trained);
  return trained;
}

}  // namespace braggd
