#include "stages/score_anomaly.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "kernels/rei_patches.hpp"

namespace braggd {

namespace {

void check(const AnomalyModel& model) {
  if (model.centroids.n_dimensions() != rei_dimensions) {
    throw ConfigError("the clusters have " + std::to_string(model.centroids.n_dimensions()) +
                      " dimensions, the encoder gives " + std::to_string(rei_dimensions));
  }
  if (!model.baseline || model.baseline->histogram.size() != model.centroids.n_clusters()) {
    throw ConfigError("the baseline's histogram does not have one share for each of the " +
                      std::to_string(model.centroids.n_clusters()) + " clusters");
  }
  const AnomalyBaseline& baseline = *model.baseline;
  if (!(baseline.threshold > 0 && baseline.threshold <= 1)) {
    throw ConfigError("the threshold of confidence must lie within 0 and 1");
  }
  if (!(baseline.sector_deg > 0) || !(baseline.changed_sigma > 0) || baseline.changed_sectors == 0 ||
      !(baseline.overdispersion > 0)) {
    throw ConfigError("sectors, sigmas and the overdispersion must be above 0");
  }
}

}  // namespace

AnomalyScorer::AnomalyScorer(std::shared_ptr<const AnomalyModel> model) : model_(std::move(model)) {
  check(*model_);
}

Result<PeakList> AnomalyScorer::process(const std::shared_ptr<const PeakList>& peaks) const {
  if (!peaks->components || !peaks->components->pixels) {
    return FrameError{DropReason::stage_error, "these peaks come without the pixels that are to be scored"};
  }
  const AnomalyBaseline& baseline = *model_->baseline;
  thread_local ReiPatches patches;
  thread_local std::vector<float> embeddings;
  thread_local std::vector<ReiVerdict> verdicts;
  cut_rei_patches(*peaks->components, peaks->meta.index, ReiMode::stream, patches);
  embeddings.resize(patches.size() * rei_dimensions);
  verdicts.resize(patches.size());
  model_->encoder.encode(patches.pixels, embeddings);
  score_embeddings(embeddings, model_->centroids, ReiMode::stream, verdicts);

  auto frame = std::make_shared<FrameAnomaly>();
  frame->baseline = model_->baseline;
  frame->n_too_big = patches.n_too_big;
  frame->too_big_pixels = patches.too_big_pixels;
  std::vector<const ReiVerdict*> verdict_of(peaks->components->components.size());
  for (std::size_t i = 0; i < patches.size(); ++i) {
    verdict_of[patches.component[i]] = &verdicts[i];
    frame->clusters.push_back(verdicts[i].cluster);
    frame->n_low += verdicts[i].confidence < baseline.threshold ? 1U : 0U;
  }
  PeakList scored = *peaks;
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
