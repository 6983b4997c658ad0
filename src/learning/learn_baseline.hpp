// The initialization of a model for score_anomaly: from the patches of baseline scans to all that its bundle holds.
#pragma once

#include <functional>
#include <span>

#include "formats/scan_patches.hpp"
#include "inference/model_manifest.hpp"
#include "learning/encoder_script.hpp"
#include "learning/train_anomaly_encoder.hpp"

namespace braggd {

struct BaselineOptions {
  EncoderTraining training;
  std::uint32_t n_clusters = 40;
  std::uint32_t cluster_restarts = 10;
  double threshold = 0.4;  ///< of confidence
};

struct LearntModel {
  EncoderWeights encoder;
  LearntBaseline learnt;  ///< without golden examples
  TrainedEncoder trained;
};

/// Trains the encoder on the patches of the first scan, fixes its statistics on them, clusters their embeddings, and takes
/// the null distribution from the scores of the other scans, repeats of the same state; without any it is left open and
/// nothing can be decided. Throws InputError where the first scan has fewer patches than clusters or than a batch.
LearntModel learn_baseline(std::span<const ScanPatches* const> scans, const BaselineOptions& options,
                           const std::function<void(const EncoderProgress&)>& progress,
                           const std::function<bool()>& stopped);

}  // namespace braggd
