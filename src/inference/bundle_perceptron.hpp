// A bundle's network in the arithmetic of the kernels, where these have it.
#pragma once

#include <optional>

#include "inference/model_bundle.hpp"
#include "kernels/peak_perceptron.hpp"

namespace braggd {

/// True for a bundle that says that it is braggnn-fast, with what this has for input and output.
bool may_be_perceptron(const ModelManifest& manifest);

/// The bundle's weights as a perceptron. Nothing where the script, which is what the bundle is, holds weights of other
/// shapes or types, or answers drawn patches otherwise on the CPU than the perceptron in float32. Throws ConfigError as
/// ScriptModule does.
std::optional<PeakPerceptron> perceptron_of(const ModelBundle& bundle);

}  // namespace braggd
