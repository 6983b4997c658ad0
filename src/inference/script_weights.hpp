// The weights of a TorchScript archive, for those who compute with them themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace braggd {

/// A tensor by itself, row-major.
struct Weight {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};
using NamedWeights = std::map<std::string, Weight>;

/// All weights that a TorchScript archive holds, parameters and buffers of float32, by their names with dots. Throws
/// ConfigError without LibTorch, for what is no such archive, and for weights that are not finite or of another type.
NamedWeights read_script_weights(const std::vector<char>& bytes);

/// braggd_read_script_weights in the library of networks.
using ReadScriptWeights = void(const std::vector<char>& bytes, NamedWeights& out);

}  // namespace braggd
