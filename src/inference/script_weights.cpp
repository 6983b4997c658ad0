#include "inference/script_weights.hpp"

#include "inference/network_library.hpp"

namespace braggd {

NamedWeights read_script_weights(const std::vector<char>& bytes) {
  NamedWeights weights;
  network_function_as<ReadScriptWeights>("braggd_read_script_weights")(bytes, weights);
  return weights;
}

}  // namespace braggd
