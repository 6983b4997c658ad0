#include "learning/learn_baseline.hpp"

#include <string>
#include <vector>

#include <braggd/error.hpp>

#include "learning/anomaly_model.hpp"
#include "learning/kmeans.hpp"
#include "learning/null_distribution.hpp"
#include "learning/score_patches.hpp"

namespace braggd {

namespace {

void set_null(std::span<const ScanPatches* const> repeats, const EncoderWeights& encoder,
              LearntBaseline& learnt) {
  const AnomalyModel model = make_anomaly_model(encoder, learnt, {});
  std::vector<ScanScore> scores;
  for (const ScanPatches* repeat : repeats) scores.push_back(score_patches(model, *repeat, ReiMode::stream));
  const NullDistribution null = null_distribution(scores, *model.baseline);
  learnt.n_repeats = static_cast<std::uint32_t>(repeats.size());
  learnt.rei_mean = null.rei_mean;
  learnt.rei_sd = null.rei_sd;
  learnt.overdispersion = null.overdispersion;
  learnt.jsd_overdispersion = null.jsd_overdispersion;
}

}  // namespace

LearntModel learn_baseline(std::span<const ScanPatches* const> scans, const BaselineOptions& options,
                           const std::function<void(const EncoderProgress&)>& progress,
                           const std::function<bool()>& stopped) {
  if (scans.empty()) throw InputError("a baseline needs a scan");
  const ScanPatches& first = *scans.front();
  if (first.size() < options.n_clusters) {
    throw InputError("the scan " + first.scan_id + " has " + std::to_string(first.size()) +
                     " patches, which are too few for " + std::to_string(options.n_clusters) +
                     " clusters: ask for fewer, lower the pipeline's threshold or give a longer scan");
  }
  LearntModel model;
  model.trained = train_anomaly_encoder(first.pixels, options.training, progress, stopped);
  model.encoder.weights = model.trained.weights;
  model.encoder.statistics = stored_statistics(batch_statistics(model.encoder.weights, first.pixels));
  const ReiEncoder encoder(model.encoder.weights, model.encoder.statistics);
  std::vector<float> embeddings(first.size() * rei_dimensions);
  encoder.encode(first.pixels, embeddings);
  const Kmeans clusters = fit_kmeans(embeddings, rei_dimensions,
                                     {.n_clusters = options.n_clusters,
                                      .n_restarts = options.cluster_restarts,
                                      .seed = options.training.seed});
  LearntBaseline& learnt = model.learnt;
  learnt.n_clusters = options.n_clusters;
  learnt.n_dimensions = rei_dimensions;
  learnt.centroids = clusters.centroids;
  learnt.n_patches = first.size();
  learnt.threshold = options.threshold;
  learnt.histogram.assign(options.n_clusters, 0);
  for (const std::uint16_t cluster : clusters.cluster) {
    learnt.histogram[cluster] += 1 / static_cast<double>(first.size());
  }
  if (scans.size() > 1) set_null(scans.subspan(1), model.encoder, learnt);
  return model;
}

}  // namespace braggd
