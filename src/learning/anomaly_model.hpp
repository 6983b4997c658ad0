// A model for score_anomaly, ready to use, and its bundle.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include <braggd/anomaly.hpp>

#include "inference/model_bundle.hpp"
#include "kernels/rei_encoder.hpp"
#include "kernels/rei_score.hpp"
#include "learning/encoder_script.hpp"

namespace braggd {

/// What a baseline taught: how patches are embedded, and the clusters that they made.
struct AnomalyModel {
  ReiEncoder encoder;  ///< with the statistics of the baseline
  ReiCentroids centroids;
  std::shared_ptr<const AnomalyBaseline> baseline;
  std::vector<float> weights;  ///< of the encoder, for those who normalise by their own scan or train on
};

/// Of what a baseline taught. Throws ConfigError where the parts do not fit together.
AnomalyModel make_anomaly_model(const EncoderWeights& encoder, const LearntBaseline& learnt,
                                const std::string& model_id);

/// Embeds and clusters as the bundle says; must repeat its golden examples. Throws ConfigError.
AnomalyModel load_anomaly_model(const std::filesystem::path& bundle);

/// The bundle of an encoder and of what it made of a baseline: the encoder as TorchScript, the rest in the manifest; golden
/// examples are taken from `patches` (n x 15 x 15). `training`: provenance, JSON. Throws ConfigError and OutputError.
ModelManifest write_anomaly_bundle(const std::filesystem::path& directory, const std::string& name,
                                   const EncoderWeights& encoder, LearntBaseline learnt,
                                   std::span<const float> patches, const std::string& training);

}  // namespace braggd
