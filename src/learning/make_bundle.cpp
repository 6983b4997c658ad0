#include "learning/make_bundle.hpp"

#include <nlohmann/json.hpp>

#include "inference/peak_network.hpp"
#include "learning/accuracy.hpp"
#include "learning/error_calibration.hpp"
#include "learning/script_writer.hpp"

namespace braggd {

namespace {

constexpr std::size_t n_golden = 8;
constexpr std::uint64_t calibration_seed = 0xca11b;  // beyond the training's

std::string provenance(const TrainingOptions& options, const TrainedNetwork& trained, const NetworkPlan& plan,
                       const JudgingOptions& judging) {
  nlohmann::ordered_json json{
      {"patches", "simulated pseudo-Voigt spots with known centres"},
      {"seed", options.seed},
      {"patches_seen", trained.patches},
      {"different_patches", options.pool},
      {"augmentation", "flips and transposes, eightfold"},
      {"loss", "mean distance"},
      {"optimiser", "Adam, cosine learning rate"},
      {"learning_rate", first_learning_rate(plan, !trained.started_from.empty())},
      {"batch", plan.training_batch},
      {"device", trained.device},
      {"tailed_share", options.tailed_share},
      {"validation_mean_px", trained.validation_px},
      {"ended_early", trained.interrupted},
      {"sigma_px", {options.spots.sigma.min_px, options.spots.sigma.max_px}},
      {"highest_peak_thresholds", options.spots.peak_max},
      {"highest_lorentz_share", options.spots.lorentz_max},
      {"winged_share", options.spots.winged_share},
      {"background_counts", {options.spots.background_min, options.spots.background_max}},
      {"judged_on",
       {{"seed", judging.seed},
        {"patches", judging.patches},
        {"sigma_px", {judging.sigma.min_px, judging.sigma.max_px}}}}};
  if (!trained.started_from.empty()) json["started_from"] = trained.started_from;
  return json.dump();
}

/// Makes the errors that the network states true on patches as those that it learnt from: by height in its script, by
/// noise in its manifest.
void calibrate(const TrainingOptions& options, std::size_t n_patches, NetworkPlan& plan,
               NamedWeights& weights) {
  if (!plan.manifest.sigmas) return;
  const TrainingPatches patches =
      make_training_patches(training_set(plan.manifest.patch_px, options.seed + calibration_seed,
                                         options.spots, options.tailed_share),
                            n_patches);
  const auto places = [&] {
    const PeakNetwork network({plan.manifest, write_script(deployed_script(plan, weights))},
                              {"cpu", "float32"}, plan.manifest.name);
    return places_of(patches, network_estimator(network, false));
  };
  const ErrorByHeight by_height = calibrate_errors(patches, places());
  if (by_height.knots.empty()) return;
  weights.merge(error_by_height_weights(by_height));
  plan.manifest.errors_by_noise = calibrate_errors_by_noise(patches, places());
}

}  // namespace

ModelManifest make_bundle(const std::filesystem::path& directory, const TrainingOptions& options,
                          const TrainedNetwork& trained, const JudgingOptions& judging) {
  NetworkPlan plan = network_plan(options.network);
  NamedWeights weights = trained.weights;
  calibrate(options, judging.patches, plan, weights);
  return make_bundle(directory, plan, weights, provenance(options, trained, plan, judging), judging);
}

ModelManifest make_bundle(const std::filesystem::path& directory, const NetworkPlan& plan,
                          const NamedWeights& weights, const std::string& training,
                          const JudgingOptions& judging) {
  ModelBundle bundle{plan.manifest, write_script(deployed_script(plan, weights))};
  ModelManifest& manifest = bundle.manifest;
  manifest.training = training;
  const TrainingPatches patches =
      make_training_patches(judging_set(manifest.patch_px, judging), judging.patches);
  for (const char* precision : {"float32", "bfloat16"}) {
    const PeakNetwork network(bundle, {"cpu", precision}, directory.string());
    const bool exact = std::string_view(precision) == "float32";
    (exact ? manifest.accuracy : manifest.accuracy_bfloat16) =
        judge(patches, network_estimator(network, false));
    if (!exact) continue;
    for (std::size_t i = 0; i < std::min(n_golden, patches.size()); ++i) {
      GoldenExample example{patches.thresholds[i], {patches.patch(i).begin(), patches.patch(i).end()}, {}};
      network.locate(example.patch, example.threshold, {}, {&example.position, 1});
      manifest.golden.push_back(std::move(example));
    }
  }
  return write_bundle(directory, manifest, bundle.script);
}

}  // namespace braggd
