// Teaches the anomaly encoder which patches look alike, from patches without labels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

struct EncoderTraining {
  std::uint64_t seed = 1;
  std::uint32_t epochs = 100;  ///< times that every patch is seen
  std::uint32_t batch = 128;   ///< patches in a step; what an epoch has left over is not seen in it
  double learning_rate = 3e-4;
  double momentum = 0.996;           ///< of the target network's moving average over steps
  std::vector<float> start_from;     ///< an encoder's weights to go on from; empty: drawn by the seed
  std::filesystem::path checkpoint;  ///< written after each epoch and taken up where it exists; empty: none
  std::string device = "auto";       ///< auto (a GPU where there is one), cpu, cuda or cuda:N
};

struct EncoderProgress {
  std::uint32_t epoch = 0, epochs = 0;  ///< done, of how many
  double loss = 0;                      ///< mean of the epoch, 0 to 8
  double seconds_left = 0;
};

struct TrainedEncoder {
  std::vector<float> weights;  ///< rei_encoder_weights, in the order of kernels/rei_encoder.hpp
  double first_loss = 0,
         last_loss = 0;      ///< means of the first and the last whole epoch, 0 where there was none
  std::uint32_t epochs = 0;  ///< whole ones done
  bool interrupted = false;
  std::string device;  ///< that it was trained on
  double seconds = 0;  ///< of learning, over all runs that a checkpoint joins
};

/// Bootstrap your own latent (Grill et al. 2020, NeurIPS 33, 21271) on pairs of views of a patch: itself, and itself
/// mirrored, with a hole and turned (patch_views.hpp). Adam (Kingma & Ba 2015, ICLR). `patches`: n x 15 x 15 counts as
/// cut_rei_patches gives them, scaled here; a flat one counts as zeros.
///
/// One thread; the same patches and options give the same weights on the same machine and device, whether interrupted and resumed or
/// not. A checkpoint may be taken up for more epochs than it was made for. `stopped` is asked between steps; what is
/// learned so far comes back. Throws ConfigError for options out of range, fewer patches than a batch, a checkpoint of
/// other options or patches, a loss that is not finite, and without LibTorch; InputError for patches that are not finite.
TrainedEncoder train_anomaly_encoder(std::span<const float> patches, const EncoderTraining& options,
                                     const std::function<void(const EncoderProgress&)>& progress,
                                     const std::function<bool()>& stopped = {});

/// What the library of networks is given to do.
struct EncoderLesson {
  EncoderTraining options;
  std::vector<float> patches;  ///< n x 15 x 15, scaled to [0, 1]
  NamedWeights begin;          ///< of encoder, projector and predictor
  std::string options_digest, patches_digest;
};

/// braggd_train_anomaly_encoder in the library of networks.
using TrainAnomalyEncoder = void(const EncoderLesson& lesson,
                                 const std::function<void(const EncoderProgress&)>& progress,
                                 const std::function<bool()>& stopped, TrainedEncoder& out);

}  // namespace braggd
