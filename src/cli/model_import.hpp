// Bundles that come into the model store.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"

namespace braggd {

/// `model import`.
void add_model_import(CLI::App& model, Action& chosen);

}  // namespace braggd
