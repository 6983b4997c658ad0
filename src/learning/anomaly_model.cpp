#include "learning/anomaly_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "inference/script_weights.hpp"
#include "learning/script_writer.hpp"

namespace braggd {

namespace {

constexpr std::size_t n_golden = 8;
constexpr double golden_tolerance = 1e-4;  // of the largest coordinate: other kernels may round otherwise

std::vector<float> embed(const ReiEncoder& encoder, std::span<const float> patches) {
  std::vector<float> embeddings(patches.size() / rei_patch_pixels * rei_dimensions);
  encoder.encode(patches, embeddings);
  return embeddings;
}

void check_golden(const ReiEncoder& encoder, const LearntBaseline& learnt) {
  for (const GoldenEmbedding& example : learnt.golden) {
    const std::vector<float> embedding = embed(encoder, example.patch);
    double off = 0, scale = 1e-6;
    for (std::size_t i = 0; i < embedding.size(); ++i) {
      off = std::max(off, std::abs(double{embedding[i]} - example.embedding[i]));
      scale = std::max(scale, std::abs(double{example.embedding[i]}));
    }
    if (!(off <= golden_tolerance * scale)) {
      throw ConfigError("embeds a golden example otherwise than its manifest says (off by " +
                        std::to_string(off / scale) + " of the largest coordinate); take the bundle anew");
    }
  }
}

}  // namespace

AnomalyModel make_anomaly_model(const EncoderWeights& encoder, const LearntBaseline& learnt,
                                const std::string& model_id) {
  ReiCentroids centroids(learnt.centroids, learnt.n_clusters);
  if (centroids.n_dimensions() != rei_dimensions) {
    throw ConfigError("its clusters have " + std::to_string(centroids.n_dimensions()) +
                      " dimensions, the encoder gives " + std::to_string(rei_dimensions));
  }
  auto baseline = std::make_shared<AnomalyBaseline>();
  baseline->model_id = model_id;
  baseline->threshold = learnt.threshold;
  baseline->histogram = learnt.histogram;
  baseline->n_patches = learnt.n_patches;
  baseline->rei_mean = learnt.rei_mean;
  baseline->rei_sd = learnt.rei_sd;
  baseline->overdispersion = learnt.overdispersion;
  baseline->jsd_overdispersion = learnt.jsd_overdispersion;
  return {ReiEncoder(encoder.weights, encoder.statistics), std::move(centroids), std::move(baseline),
          encoder.weights};
}

AnomalyModel load_anomaly_model(const std::filesystem::path& path) {
  const ModelBundle bundle = read_bundle(path, score_anomaly_task);
  const LearntBaseline& learnt = *bundle.manifest.anomaly;
  try {
    AnomalyModel model =
        make_anomaly_model(encoder_of(read_script_weights(bundle.script)), learnt, bundle.manifest.id);
    check_golden(model.encoder, learnt);
    return model;
  } catch (const ConfigError& error) {
    throw ConfigError(printable(path.string()) + ": " + error.what());
  }
}

ModelManifest write_anomaly_bundle(const std::filesystem::path& directory, const std::string& name,
                                   const EncoderWeights& weights, LearntBaseline learnt,
                                   std::span<const float> patches, const std::string& training) {
  const ReiEncoder encoder(weights.weights, weights.statistics);
  const std::size_t n_patches = patches.size() / rei_patch_pixels;
  for (std::size_t i = 0; i < std::min(n_golden, n_patches); ++i) {
    const auto patch =
        patches.subspan(i * (n_patches / std::min(n_golden, n_patches)) * rei_patch_pixels, rei_patch_pixels);
    learnt.golden.push_back({{patch.begin(), patch.end()}, embed(encoder, patch)});
  }
  learnt.n_dimensions = rei_dimensions;
  ModelManifest manifest;
  manifest.name = name;
  manifest.task = score_anomaly_task;
  manifest.architecture = "rei-encoder";
  manifest.patch_px = rei_patch_px;
  manifest.anomaly = std::move(learnt);
  manifest.training = training;
  return write_bundle(directory, std::move(manifest),
                      write_script(encoder_script(weights.weights, weights.statistics)));
}

}  // namespace braggd
