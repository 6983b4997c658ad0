// The network that the anomaly encoder is taught in: behind the encoder a projector, behind that a predictor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

/// Weights of encoder, projector (32 - 64 - 64) and predictor (64 - 64 - 64), in the order in which they are drawn.
std::vector<WeightPlan> lesson_weights();

/// TorchScript: project(x) gives [batch, 64], forward(x) the prediction of another view's projection, [batch, 64]; both
/// normalise by the statistics of the batch.
std::string lesson_source();

/// Gains 1, shifts 0, all else uniform within 1 / sqrt(inputs of an output); the encoder's from `start_from` where that is
/// not empty.
NamedWeights lesson_begin(std::uint64_t seed, std::span<const float> start_from);

}  // namespace braggd
