#include "stages/score_anomaly.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "kernels/rei_patches.hpp"
#include "kernels/scan_score.hpp"

namespace braggd {

namespace {

void check_fit(const AnomalyModel& model) {
  if (model.centroids.n_dimensions() != rei_dimensions) {
    throw ConfigError("the clusters have " + std::to_string(model.centroids.n_dimensions()) +
                      " dimensions, the encoder gives " + std::to_string(rei_dimensions));
  }
  if (!model.baseline || model.baseline->histogram.size() != model.centroids.n_clusters()) {
    throw ConfigError("the baseline's histogram does not have one share for each of the " +
                      std::to_string(model.centroids.n_clusters()) + " clusters");
  }
  if (!(model.baseline->threshold > 0 && model.baseline->threshold <= 1)) {
    throw ConfigError("the threshold of confidence must lie within 0 and 1");
  }
}

AnomalyModel load_model(const ScoreAnomalyConfig& config) {
  if (config.model.empty()) {
    throw ConfigError("score_anomaly needs a model: make one of baseline scans with `braggd model init`",
                      "model");
  }
  try {
    return load_anomaly_model(config.model);
  } catch (const ConfigError& error) {
    throw ConfigError(error.what(), "model");
  }
}

/// What the model learnt, with the rules of this pipeline.
std::shared_ptr<const AnomalyBaseline> baseline_of(const AnomalyModel& model,
                                                   const ScoreAnomalyConfig& config) {
  auto baseline = std::make_shared<AnomalyBaseline>(*model.baseline);
  if (!std::isnan(config.threshold)) baseline->threshold = config.threshold;
  baseline->sector_deg = config.sector_deg;
  baseline->changed_sigma = config.changed_sigma;
  baseline->changed_sectors = config.changed_sectors;
  baseline->min_patches = config.min_patches;
  return baseline;
}

}  // namespace

void ScoreAnomaly::check(const Config& config) {
  load_model(config);
}

ScoreAnomaly::ScoreAnomaly(const Config& config, const StageContext& context)
    : model_(context.resources.get<AnomalyModel>("anomaly model " + config.model.string(),
                                                 [&] { return load_model(config); })),
      baseline_(baseline_of(*model_, config)) {}

ScoreAnomaly::ScoreAnomaly(std::shared_ptr<const AnomalyModel> model) : model_(std::move(model)) {
  check_fit(*model_);
  baseline_ = model_->baseline;
}

Result<PeakList> ScoreAnomaly::process(const std::shared_ptr<const PeakList>& peaks, PeakList scored) const {
  if (!peaks->components || !peaks->components->pixels) {
    return FrameError{DropReason::stage_error, "these peaks come without the pixels that are to be scored"};
  }
  thread_local ReiPatches patches;
  thread_local std::vector<float> embeddings;
  thread_local std::vector<ReiVerdict> verdicts;
  thread_local std::vector<const ReiVerdict*> verdict_of;
  cut_rei_patches(*peaks->components, peaks->meta.index, ReiMode::stream, patches);
  embeddings.resize(patches.size() * rei_dimensions);
  verdicts.resize(patches.size());
  model_->encoder.encode(patches.pixels, embeddings);
  score_embeddings(embeddings, model_->centroids, ReiMode::stream, verdicts);

  auto frame = std::make_shared<FrameAnomaly>();
  frame->baseline = baseline_;
  count_verdicts(verdicts, baseline_->threshold, *frame);
  frame->n_too_big = patches.n_too_big;
  frame->too_big_pixels = patches.too_big_pixels;
  verdict_of.assign(peaks->components->components.size(), nullptr);
  for (std::size_t i = 0; i < patches.size(); ++i) verdict_of[patches.component[i]] = &verdicts[i];
  scored.meta = peaks->meta;
  scored.status = peaks->status;
  scored.components = peaks->components;
  scored.peaks.assign(peaks->peaks.begin(), peaks->peaks.end());
  for (Peak& peak : scored.peaks) {
    const ReiVerdict* verdict = peak.component < verdict_of.size() ? verdict_of[peak.component] : nullptr;
    if (verdict == nullptr) continue;
    peak.anomaly_confidence = static_cast<float>(verdict->confidence);
    peak.cluster = verdict->cluster;
  }
  scored.anomaly = std::move(frame);
  return scored;
}

}  // namespace braggd
