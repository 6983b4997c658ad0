// `braggd model judge`.
#pragma once

#include "cli/verb.hpp"
#include "learning/training_patches.hpp"

namespace braggd {

/// Which patches: --judge-seed and --judge-patches.
void add_judging_options(CLI::App* verb, JudgingOptions& judging);

void add_model_judge(CLI::App& model, Action& chosen);

}  // namespace braggd
