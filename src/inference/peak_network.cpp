#include "inference/peak_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "inference/bundle_perceptron.hpp"
#include "inference/patch_input.hpp"
#include "inference/script_module.hpp"
#include "inference/shared_batches.hpp"
#include "kernels/patch_channels.hpp"

namespace braggd {

namespace {

// A GPU takes as long for a few patches as for hundreds: frames share batches of this size, of which two overlap, so that one
// is copied while the other is computed.
constexpr std::size_t gpu_batch = 1024, gpu_batches_at_once = 2;

// In bfloat16 an answer of 1 pixel is known to 1/256 of it: the golden examples then show that it runs, not how well.
constexpr float bfloat16_tolerance_px = 0.25F;

bool wants_bfloat16(const std::string& precision, const ModelManifest& manifest) {
  if (precision == "float32") return false;
  if (precision == "bfloat16") return true;
  if (precision != "auto") {
    throw ConfigError(
        "'" + printable(precision, 32) + "' is no precision; there are auto, float32 and bfloat16",
        "precision");
  }
  return has_bfloat16_products() && bfloat16_is_as_good(manifest);
}

ScriptShape shape_of(const ModelManifest& manifest) {
  return {manifest.batch, manifest.channels(), manifest.patch_px, manifest.outputs()};
}

PatchPosition position_of(const ModelManifest& manifest, std::span<const float> answer,
                          std::span<const float> patch) {
  const std::size_t row = manifest.col_first ? 1 : 0, col = 1 - row;
  PatchPosition place{answer[row] * manifest.scale_px, answer[col] * manifest.scale_px};
  if (manifest.residual) {
    const SquaredCentroid base = squared_centroid(patch, manifest.patch_px);
    place.row += base.row;
    place.col += base.col;
  }
  if (manifest.sigmas) {
    place.row_error = std::exp(answer[2 + row]);
    place.col_error = std::exp(answer[2 + col]);
  }
  return place;
}

}  // namespace

struct PeakNetwork::State {
  ModelManifest manifest;
  bool bfloat16;
  ScriptModule script;
  std::optional<PeakPerceptron> perceptron;  // runs in place of the script
  std::unique_ptr<SharedBatches> on_gpu;     // runs the script

  State(const ModelBundle& bundle, const InferenceOptions& options)
      : manifest(bundle.manifest),
        bfloat16(wants_bfloat16(options.precision, manifest)),
        script(bundle.script, shape_of(manifest), options.device, bfloat16) {
    if (script.device() != "cpu") {
      on_gpu = std::make_unique<SharedBatches>(
          BatchShape{gpu_batch, manifest.patch_pixels() * manifest.channels(), manifest.outputs(),
                     gpu_batches_at_once},
          [this](std::span<float> input, std::span<float> answers) { script.run(input, answers); });
    } else if (!bfloat16 || has_bfloat16_products()) {
      perceptron = perceptron_of(bundle);
    }
  }

  /// Patches of one caller that are prepared together.
  std::size_t batch() const {
    return on_gpu ? gpu_batch : perceptron ? PeakPerceptron::together : std::size_t{manifest.batch};
  }

  /// `input` and `answers` are of a whole batch, of which the first n count.
  void run(std::size_t n, std::span<float> input, std::span<float> answers) const {
    const std::size_t floats = manifest.patch_pixels() * manifest.channels(), outputs = manifest.outputs();
    if (on_gpu) {
      on_gpu->run(input.first(n * floats), answers.first(n * outputs));
    } else if (!perceptron) {
      std::ranges::fill(input.subspan(n * floats), 0.0F);
      script.run(input, answers);
    } else if (bfloat16) {
      perceptron->run_bfloat16(input.first(n * floats), answers.first(n * outputs));
    } else {
      perceptron->run(input.first(n * floats), answers.first(n * outputs));
    }
  }
};

PeakNetwork PeakNetwork::load(const std::filesystem::path& bundle, const InferenceOptions& options) {
  return {read_bundle(bundle, locate_peaks_task), options, printable(bundle.string())};
}

PeakNetwork::PeakNetwork(const ModelBundle& bundle, const InferenceOptions& options,
                         const std::string& name) {
  try {
    state_ = std::make_unique<const State>(bundle, options);
  } catch (const ConfigError& error) {
    throw ConfigError(name + ": " + error.what(), error.key());
  }
  const float tolerance = state_->bfloat16 ? bfloat16_tolerance_px : state_->manifest.tolerance_px;
  for (const GoldenExample& example : state_->manifest.golden) {
    PatchPosition place;
    locate(example.patch, example.threshold, {}, {&place, 1});
    const float off =
        std::max(std::abs(place.row - example.position.row), std::abs(place.col - example.position.col));
    if (!(off <= tolerance)) {
      char text[160];
      std::snprintf(text, sizeof text,
                    "places a golden patch at (%.6g, %.6g) where its manifest says (%.6g, %.6g)",
                    static_cast<double>(place.row), static_cast<double>(place.col),
                    static_cast<double>(example.position.row), static_cast<double>(example.position.col));
      throw ConfigError(name + ": the model " + text + "; take the bundle anew from where it came");
    }
  }
}

PeakNetwork::~PeakNetwork() = default;
PeakNetwork::PeakNetwork(PeakNetwork&&) noexcept = default;
PeakNetwork& PeakNetwork::operator=(PeakNetwork&&) noexcept = default;

const ModelManifest& PeakNetwork::manifest() const {
  return state_->manifest;
}
std::size_t PeakNetwork::patch_size() const {
  return state_->manifest.patch_px;
}
std::string PeakNetwork::running_on() const {
  return state_->script.device() + (state_->bfloat16 ? ", bfloat16" : ", float32");
}

void PeakNetwork::locate(std::span<const float> patches, float threshold, const NoiseModel& noise,
                         std::span<PatchPosition> out) const {
  locate(patches, {&threshold, 1}, {&noise, 1}, out);
}

void PeakNetwork::locate(std::span<const float> patches, std::span<const float> thresholds,
                         std::span<const NoiseModel> noises, std::span<PatchPosition> out) const {
  const ModelManifest& manifest = state_->manifest;
  const std::size_t pixels = manifest.patch_pixels(), floats = pixels * manifest.channels();
  const std::size_t outputs = manifest.outputs(), batch = state_->batch();
  const auto is_for_each = [&](std::size_t n) { return n == 1 || n == out.size(); };
  if (patches.size() != out.size() * pixels || !is_for_each(thresholds.size()) ||
      !is_for_each(noises.size())) {
    throw std::invalid_argument("patches, thresholds, noises and positions of a network differ in number");
  }
  const auto threshold_of = [&](std::size_t i) { return thresholds[thresholds.size() == 1 ? 0 : i]; };
  const auto noise_of = [&](std::size_t i) { return noises[noises.size() == 1 ? 0 : i]; };
  thread_local std::vector<float> input, answers;
  input.resize(batch * floats);
  answers.resize(batch * outputs);
  for (std::size_t done = 0; done < out.size(); done += batch) {
    const std::size_t n = std::min(batch, out.size() - done);
    for (std::size_t i = 0; i < n; ++i) {
      prepare_patch(manifest.input, patches.subspan((done + i) * pixels, pixels), threshold_of(done + i),
                    std::span(input).subspan(i * floats, floats));
    }
    state_->run(n, input, answers);
    for (std::size_t i = 0; i < n; ++i) {
      const auto patch = patches.subspan((done + i) * pixels, pixels);
      PatchPosition& place = out[done + i];
      place = position_of(manifest, std::span(answers).subspan(i * outputs, outputs), patch);
      if (!manifest.errors_by_noise || !noise_of(done + i).known()) continue;
      const float factor =
          manifest.errors_by_noise->factor(patch, double{threshold_of(done + i)}, noise_of(done + i));
      place.row_error *= factor;
      place.col_error *= factor;
    }
  }
}

}  // namespace braggd
