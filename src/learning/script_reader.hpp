// From the bytes of a bundle to weights.
#pragma once

#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

/// All weights that a TorchScript archive holds, parameters and buffers of float32, by their names with dots. Throws
/// ConfigError without LibTorch, for what is no such archive, and for weights that are not finite or of another type.
NamedWeights read_script_weights(const std::vector<char>& bytes);

/// braggd_read_script_weights in the library of networks.
using ReadScriptWeights = void(const std::vector<char>& bytes, NamedWeights& out);

}  // namespace braggd
