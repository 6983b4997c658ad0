// From weights and TorchScript source to the bytes of a bundle, and from these to weights.
#pragma once

#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

/// A TorchScript archive. Throws ConfigError without LibTorch, std::runtime_error where the source is wrong.
std::vector<char> write_script(const Script& script);

/// All weights that a TorchScript archive holds, parameters and buffers of float32, by their names with dots. Throws
/// ConfigError without LibTorch, for what is no such archive, and for weights that are not finite or of another type.
NamedWeights read_script_weights(const std::vector<char>& bytes);

/// braggd_write_script and braggd_read_script_weights in the library of networks.
using WriteScript = void(const Script& script, std::vector<char>& out);
using ReadScriptWeights = void(const std::vector<char>& bytes, NamedWeights& out);

}  // namespace braggd
