// Teaches a network where peaks lie, on simulated patches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "learning/network_plan.hpp"
#include "learning/training_patches.hpp"

namespace braggd {

struct TrainingOptions {
  std::string network = "braggnn-fast";
  std::uint64_t seed = 1;
  std::uint64_t patches = 30'000'000;  ///< that the network sees
  std::uint64_t pool = 600'000;        ///< different ones, each seen turned and mirrored in eight ways
  double minutes = 0;                  ///< stop after so many, wherever that is; 0: no limit
  SpotRanges spots;
  double tailed_share = 0.3;  ///< of the spots are smeared to one side
  std::filesystem::path
      start_from;  ///< a bundle of the same network whose weights are the first; empty: drawn ones
  std::filesystem::path checkpoint;  ///< written now and then and taken up where it exists; empty: none
  std::string device = "auto";       ///< auto (a GPU where there is one), cpu, cuda or cuda:N
};

struct TrainingProgress {
  std::uint64_t patches = 0;  ///< seen
  double loss_px = 0;         ///< mean distance over the last stretch of training
  double validation_px = 0;   ///< mean distance on patches that are not trained on
  double seconds_left = 0;
};

struct TrainedNetwork {
  NamedWeights weights;       ///< those of the lowest validation_px
  std::uint64_t patches = 0;  ///< seen by the time of the end
  double validation_px = 0;
  double first_loss_px = 0, last_loss_px = 0;
  bool interrupted = false;
  double seconds = 0;
  std::string device;        ///< that it was trained on
  std::string started_from;  ///< id of the model whose weights were the first; empty: drawn ones
};

/// Where a training begins.
struct StartingWeights {
  NamedWeights weights;
  std::string from;  ///< id of the model that they were taken from; empty: drawn by the seed
};

/// The weights of a bundle as a plan names them, BraggNN's expanded. Throws ConfigError for a bundle of another network.
StartingWeights weights_of_bundle(const NetworkPlan& plan, const std::filesystem::path& directory);

/// One thread, but for the making of patches; the same options give the same weights on the same machine and device,
/// whether interrupted and resumed or not (but not where `minutes` ended it). Mean distance (not squared) as loss, Adam (Kingma & Ba 2015, ICLR), cosine learning
/// rate; errors by Gaussian likelihood on a head that teaches the body nothing. `stopped` is asked between batches; the
/// best so far comes back. Throws ConfigError without LibTorch, for a device that
/// is not there, for a checkpoint of other options, and for a bundle whose
/// weights do not fit the network.
TrainedNetwork train_peak_network(const TrainingOptions& options,
                                  const std::function<void(const TrainingProgress&)>& progress,
                                  const std::function<bool()>& stopped);

/// braggd_train_peak_network in the library of networks.
using TrainPeakNetwork = void(const TrainingOptions& options, const StartingWeights& start,
                              const std::function<void(const TrainingProgress&)>& progress,
                              const std::function<bool()>& stopped, TrainedNetwork& out);

}  // namespace braggd
