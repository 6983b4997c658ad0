// The plan in words and as a picture.
#pragma once

#include <string>

#include "pipeline/plan.hpp"

namespace braggd {

/// The logical stages as written and the plan as run.
std::string explain_text(const Plan& plan);

/// The same as a Graphviz graph: a box a task, a line in it a step.
std::string explain_dot(const Plan& plan);

/// The same as JSON: {"stages": […], "tasks": […], "sinks": […]}.
std::string explain_json(const Plan& plan);

}  // namespace braggd
