// Private to the files that see LibTorch: a module out of source and weights.
#pragma once

#include <torch/script.h>

#include "learning/network_plan.hpp"

namespace braggd {

torch::jit::Module make_module(const Script& script, bool trainable);

}  // namespace braggd
