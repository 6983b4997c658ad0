#include <filesystem>
#include <utility>

#include "cli/session_verdict.hpp"
#include "cli/verb.hpp"
#include "core/allocator.hpp"
#include "formats/open_scan.hpp"
#include "service/signals.hpp"

namespace braggd {

namespace {

struct ReplayOptions {
  PipelineOptions pipeline;
  SessionOptions session;
  ReplayTarget target;
  bool plain = false;
};

int replay(const ReplayOptions& options) {
  restart_with_huge_pages();
  block_stop_signals();
  open_scan(options.target.scan,
            {options.target.dataset});  // a scan that cannot be read is the first thing to say
  std::vector<Problem> problems;
  PipelineConfig config =
      read_config(options.pipeline.file, parse_overrides(options.pipeline.overrides), problems);
  redirect_to_replay(config, problems, options.target);
  Plan plan = make_plan(std::move(config), std::move(problems), {.fuse = !options.plain});
  return exit_code_of(run_session(std::move(plan), options.session));
}

}  // namespace

void add_replay(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<ReplayOptions>();
  CLI::App* verb =
      add_verb(app, "replay", "run a recorded scan through any pipeline file",
               "Plays SCAN through the same graph as `braggd run`, without a network: the pipeline's source "
               "is replaced by the "
               "scan and its output directories by DIR. SCAN is a NeXus/Eiger HDF5 file, a GE file (.ge, "
               ".ge1 ... .ge5) or a "
               "hexrd frame-cache (.npz, .fch5). The result does not depend on the number of threads, on the "
               "order of the "
               "frames or on the instruction set.",
               "braggd replay scan.h5 --pipeline config/counting.yaml --output results\n"
               "braggd replay scan.h5 -p config/stream.yaml -o results --set stages.threshold.at_least=26");
  verb->add_option("SCAN", options->target.scan, "the recorded scan")->required();
  verb->add_option("-p,--pipeline", options->pipeline.file, "the pipeline file")
      ->required()
      ->type_name("FILE");
  verb->add_option("-o,--output", options->target.output, "directory for the results")
      ->required()
      ->check(some("a directory"))
      ->type_name("DIR");
  verb->add_option("--dataset", options->target.dataset,
                   "HDF5 path of the frames; found by itself when not given")
      ->type_name("PATH");
  verb->add_option("--rate", options->target.rate, "frames a second; 0: as fast as it goes")
      ->check(number_within(0, 1e6))
      ->type_name("RATE");
  verb->add_option("--shuffle", options->target.shuffle,
                   "play the frames in the random order of this seed; 0: in order")
      ->check(whole_number())
      ->type_name("SEED");
  verb->add_flag("--plain", options->plain, "run every stage in its plain, unfused form: the definition");
  add_overrides(verb, options->pipeline.overrides);
  verb->add_flag("--json", options->session.json, "report the scan as a line of JSON");
  on_chosen(verb, chosen, options, &replay);
}

}  // namespace braggd
