// Pipelines for tests, from YAML text.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/plan.hpp"

namespace braggd::testing {

inline Plan plan_of(const std::string& yaml, const PlanOptions& options = {},
                    std::vector<Override> overrides = {}) {
  std::vector<Problem> problems;
  PipelineConfig config = parse_config(yaml, "test.yaml", overrides, problems);
  return make_plan(std::move(config), std::move(problems), options);
}

inline const std::string spine = R"(version: 1
source: {type: replay}
stages:
  - {type: threshold, at_least: 10}
  - {type: find_components}
  - {type: locate_peaks}
sinks:
  - {type: "null"}
)";

}  // namespace braggd::testing
