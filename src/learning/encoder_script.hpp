// The anomaly encoder as TorchScript, there and back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/rei_encoder.hpp"
#include "learning/network_plan.hpp"

namespace braggd {

/// All that ReiEncoder is made of.
struct EncoderWeights {
  std::vector<float> weights;  ///< in the order of kernels/rei_encoder.hpp
  ReiStatistics statistics;
};

/// The learned weights in the order of kernels/rei_encoder.hpp: "block_1_conv_1_weight" … "block_3_conv_2_bias".
const std::vector<WeightPlan>& encoder_weights();

/// What the normalisations use: statistics that are among the weights (eval mode) or those of the batch (train mode).
enum class NormStatistics : std::uint8_t { stored, of_batch };

/// The body of a TorchScript method: from `x`, [batch, 1, 15, 15] scaled to [0, 1], to `h`, [batch, 32].
std::string encoder_source(NormStatistics statistics);

/// The encoder in eval mode: forward takes [batch, 1, 15, 15], each patch scaled to [0, 1], and gives [batch, 32]. Its
/// statistics are "block_1_norm_running_mean", "block_1_norm_running_var" and so on, in float32. Throws ConfigError where
/// ReiEncoder does.
Script encoder_script(std::span<const float> weights, const ReiStatistics& statistics);

/// Statistics as a script keeps them: what else is made for a bundle is to be made with these.
ReiStatistics stored_statistics(const ReiStatistics& statistics);

/// The weights of encoder_script; dots in names count as underscores. Throws ConfigError where one is missing, has another
/// shape or ReiEncoder would not take it.
EncoderWeights encoder_of(const NamedWeights& weights);

}  // namespace braggd
