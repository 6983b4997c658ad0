#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"
#include "cli/verb.hpp"
#include "core/allocator.hpp"
#include "core/scratch_directory.hpp"
#include "core/text.hpp"
#include "formats/open_scan.hpp"
#include "kernels/kernel_set.hpp"
#include "service/load_run.hpp"
#include "simulation/presets.hpp"
#include "simulation/simulated_scan.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t distinct_frames = 16;  // more than the last-level cache holds, at 4096 x 4096

struct BenchOptions {
  PipelineOptions pipeline;
  std::string scan;
  std::string preset = "counting";
  std::string transport = "memory";
  std::uint64_t frames = 1000;
  double rate = 0;
  bool find_highest = false;
  bool json = false;
};

std::unique_ptr<ScanReader> open_frames(const BenchOptions& options) {
  if (!options.scan.empty()) return open_scan(options.scan, {});
  SimulationConfig config = simulation_preset(options.preset);
  config.frames = std::min(config.frames, distinct_frames);
  return std::make_unique<SimulatedScan>(config);
}

Plan plan_into(const BenchOptions& options, const fs::path& directory) {
  std::vector<Problem> problems;
  PipelineConfig config =
      read_config(options.pipeline.file, parse_overrides(options.pipeline.overrides), problems);
  redirect_to_replay(config, problems, {.scan = "unused", .output = directory, .dataset = {}});
  std::erase_if(problems, [](const Problem& problem) { return problem.key.starts_with("source."); });
  return make_plan(std::move(config), std::move(problems));
}

nlohmann::ordered_json to_json(const LoadResult& result) {
  const Ledger& ledger = result.report.summary.ledger;
  const auto ms = [&](double q) { return static_cast<double>(result.report.latency.quantile(q)) * 1e-6; };
  nlohmann::ordered_json steps;
  for (const StepReport& step : result.report.steps) {
    steps[step.label] =
        static_cast<double>(step.busy_ns) * 1e-6 / static_cast<double>(std::max<std::uint64_t>(1, step.in));
  }
  return {{"frames", ledger.received},
          {"frames_per_second", result.frames_per_second},
          {"core_ms_per_frame",
           1e3 * result.core_s / static_cast<double>(std::max<std::uint64_t>(1, ledger.received))},
          {"step_ms_per_frame", steps},
          {"latency_ms", {{"p50", ms(0.5)}, {"p99", ms(0.99)}, {"p99.9", ms(0.999)}}},
          {"peaks", result.report.peaks},
          {"written", ledger.written},
          {"lost", ledger.missing + ledger.dropped_total()},
          {"peak_budget_bytes", result.peak_budget_bytes}};
}

void print(const char* what, const nlohmann::ordered_json& result) {
  std::printf(
      "%-28s %8.0f frames/s  %6.3f core-ms a frame  latency %.1f / %.1f / %.1f ms (50 / 99 / 99.9 %%)\n",
      what, result["frames_per_second"].get<double>(), result["core_ms_per_frame"].get<double>(),
      result["latency_ms"]["p50"].get<double>(), result["latency_ms"]["p99"].get<double>(),
      result["latency_ms"]["p99.9"].get<double>());
  std::fflush(stdout);
}

int bench(const BenchOptions& options) {
  restart_with_huge_pages();
  const ScratchDirectory directory(fs::temp_directory_path());
  const Plan plan = plan_into(options, directory.path());
  RepeatedScan scan(*open_frames(options), distinct_frames);
  LoadOptions load{options.frames, options.rate, {}};
  const auto named = std::ranges::find(transport_names, options.transport);
  load.transport = static_cast<Transport>(named - transport_names.begin());
  const auto say = [&](const char* what, const nlohmann::ordered_json& result) {
    if (!options.json) print(what, result);
  };

  run_load(
      plan, scan,
      {std::min<std::uint64_t>(options.frames, 100), 0, Transport::memory});  // memory and limits are made
  nlohmann::ordered_json answer{{"kernels", name_of(kernel_set())}, {"transport", options.transport}};
  const LoadResult first = run_load(plan, scan, load);
  answer["run"] = to_json(first);
  say(options.rate > 0 ? "at the rate" : "flat out", answer["run"]);
  if (options.find_highest) {
    const double highest = find_highest_rate(plan, scan, load, first, [&](double rate, bool kept) {
      if (!options.json) std::printf("  %.0f frames/s: %s\n", rate, kept ? "kept" : "falls behind");
    });
    answer["highest_rate"] = highest;
    for (const double share : {0.5, 0.9}) {
      load.frames_per_second = share * highest;
      const std::string key = share < 0.7 ? "at_half" : "at_nine_tenths";
      answer[key] = to_json(run_load(plan, scan, load));
      say(share < 0.7 ? "at 50 % of the highest" : "at 90 % of the highest", answer[key]);
    }
    if (!options.json) std::printf("highest loss-free rate: %.0f frames/s\n", highest);
  }
  if (options.json) std::printf("%s\n", answer.dump().c_str());
  return first.report.output_failed ? exit_output : exit_ok;
}

}  // namespace

void add_bench(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* verb =
      add_verb(app, "bench", "measure how fast a pipeline runs on this machine",
               "Holds 16 frames of SCAN, or of a simulated data set, encoded in memory and plays them over "
               "and over through "
               "PIPELINE, its sinks included (into a directory that is removed): flat out or at a rate, from "
               "memory or through a "
               "ZeroMQ socket with the sender in the same process. A core-ms is a millisecond of one core, "
               "the sender's share "
               "among it. Latency counts from a frame's arrival until the first sink has its result.",
               "braggd bench config/counting.yaml --find-max\nbraggd bench config/counting.yaml --scan "
               "scan.h5 --over tcp "
               "--rate 200");
  verb->add_option("PIPELINE", options->pipeline.file, "the pipeline file; its source is not used")
      ->required();
  add_overrides(verb, options->pipeline.overrides);
  verb->add_option("--scan", options->scan, "take the frames of this scan")->type_name("SCAN");
  verb->add_option("--data", options->preset, "or of this simulated data set")
      ->check(CLI::IsMember(
          std::vector<std::string>(simulation_preset_names.begin(), simulation_preset_names.end())))
      ->capture_default_str()
      ->type_name("NAME");
  verb->add_option("--over", options->transport,
                   "memory, tcp, ipc, or shm: ipc, with the frames in shared memory")
      ->check(CLI::IsMember(std::vector<std::string>(transport_names.begin(), transport_names.end())))
      ->capture_default_str()
      ->type_name("WAY");
  verb->add_option("--frames", options->frames, "frames of each run")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--rate", options->rate, "frames a second; 0: flat out")
      ->check(number_within(0, 1e6))
      ->type_name("RATE");
  verb->add_flag("--find-max", options->find_highest,
                 "find the highest rate without loss by bisection, and the latencies at 50 % and 90 % of it");
  verb->add_flag("--json", options->json, "answer as JSON");
  on_chosen(verb, chosen, options, &bench);
}

}  // namespace braggd
