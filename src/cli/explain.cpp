#include "pipeline/explain.hpp"

#include <cstdio>

#include "cli/exit_code.hpp"
#include "cli/verb.hpp"

namespace braggd {

namespace {

struct ExplainOptions {
  PipelineOptions pipeline;
  bool dot = false;
  bool json = false;
};

int explain(const ExplainOptions& options) {
  const Plan plan = load_plan(options.pipeline);
  const std::string text = options.dot    ? explain_dot(plan)
                           : options.json ? explain_json(plan)
                                          : explain_text(plan);
  std::fputs(text.c_str(), stdout);
  return exit_ok;
}

}  // namespace

void add_explain(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* verb =
      add_verb(app, "explain", "show a pipeline's stages as written and the plan as run",
               "The planner checks the chain of stages and fuses what can be fused: decode, mask, dark and "
               "threshold become one kernel call that makes no dense frame. Both views are shown.",
               "braggd explain config/counting.yaml\nbraggd explain config/counting.yaml --dot | dot -Tsvg > "
               "plan.svg");
  verb->add_option("PIPELINE", options->pipeline.file, "the pipeline file")->required();
  add_overrides(verb, options->pipeline.overrides);
  auto* dot = verb->add_flag("--dot", options->dot, "as a Graphviz graph");
  verb->add_flag("--json", options->json, "as JSON")->excludes(dot);
  on_chosen(verb, chosen, options, &explain);
}

}  // namespace braggd
