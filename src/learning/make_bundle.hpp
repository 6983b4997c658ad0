// From trained weights to a bundle on disk.
#pragma once

#include <filesystem>

#include "inference/model_manifest.hpp"
#include "learning/train_peak_network.hpp"
#include "learning/training_patches.hpp"

namespace braggd {

/// Calibrates the errors that the network states on patches as those that it learnt from, as many as it is judged on. Judges
/// the network, in float32 and in bfloat16, takes golden examples from it and writes the bundle. Throws
/// ConfigError and OutputError.
ModelManifest make_bundle(const std::filesystem::path& directory, const TrainingOptions& options,
                          const TrainedNetwork& trained, const JudgingOptions& judging);

/// The same for weights that others trained; `training` is their provenance, JSON.
ModelManifest make_bundle(const std::filesystem::path& directory, const NetworkPlan& plan,
                          const NamedWeights& weights, const std::string& training,
                          const JudgingOptions& judging);

}  // namespace braggd
