// Any bundle, tried as it will be used.
#pragma once

#include <filesystem>
#include <string>

#include "inference/inference_options.hpp"

namespace braggd {

/// Loads a bundle of any task and runs it on its golden examples; says what ran where: "steel@0123456789ab on cpu, float32".
/// Throws ConfigError where anything disagrees, and without LibTorch.
std::string verify_bundle(const std::filesystem::path& bundle, const InferenceOptions& options);

}  // namespace braggd
