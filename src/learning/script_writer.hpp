// From weights and TorchScript source to the bytes of a bundle.
#pragma once

#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

/// A TorchScript archive. Throws ConfigError without LibTorch, std::runtime_error where the source is wrong.
std::vector<char> write_script(const Script& script);

/// braggd_write_script in the library of networks.
using WriteScript = void(const Script& script, std::vector<char>& out);

}  // namespace braggd
