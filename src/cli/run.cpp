#include "cli/session_verdict.hpp"
#include "cli/verb.hpp"
#include "core/allocator.hpp"
#include "service/run_service.hpp"
#include "service/signals.hpp"

namespace braggd {

namespace {

struct RunOptions {
  PipelineOptions pipeline;
  SessionOptions session;
  bool no_report = false;
};

int run(const RunOptions& options) {
  restart_with_huge_pages();
  block_stop_signals();
  SessionOptions session = options.session;
  session.progress = !options.no_report;
  return exit_code_of(run_service([&] { return load_plan(options.pipeline); }, session));
}

}  // namespace

void add_run(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* verb = add_verb(
      app, "run", "run a pipeline in the foreground, from its own source",
      "Waits for scans from the pipeline's source and writes a file for each. SIGINT or SIGTERM drains: what "
      "has "
      "arrived is processed and the open scan's file is finished as incomplete; a second one aborts the "
      "scan; a third "
      "ends the process at once. At the end it counts the messages that belonged to no scan.",
      "braggd run config/stream.yaml\nbraggd run config/stream.yaml --set source.connect=tcp://edge1:31001");
  verb->add_option("PIPELINE", options->pipeline.file, "the pipeline file")->required();
  add_overrides(verb, options->pipeline.overrides);
  verb->add_flag("--json", options->session.json,
                 "report each scan as a line of JSON, and at the end the messages of no scan");
  verb->add_flag("--no-report", options->no_report,
                 "no reports and no progress, for a service whose log tells of each scan");
  on_chosen(verb, chosen, options, &run);
}

}  // namespace braggd
