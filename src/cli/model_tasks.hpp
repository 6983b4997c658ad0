// Learning and using models that score scans, on the command line.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"

namespace braggd {

/// `model init | retrain`.
void add_model_tasks(CLI::App& model, Action& chosen);

}  // namespace braggd
