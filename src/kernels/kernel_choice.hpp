// The rule behind kernel_set(), apart from the environment.
#pragma once

#include <span>
#include <string_view>

#include "kernels/kernel_set.hpp"

namespace braggd {

/// The last of `supported` (worst first), or the one called `name` where that is not empty; else throws
/// ConfigError.
KernelSet choose_kernel_set(std::string_view name, std::span<const KernelSet> supported);

}  // namespace braggd
