// From weights and TorchScript source to the bytes of a bundle.
#pragma once

#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

/// A TorchScript archive. Throws ConfigError in a build without LibTorch, std::runtime_error where the source is wrong.
std::vector<char> write_script(const Script& script);

}  // namespace braggd
