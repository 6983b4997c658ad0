#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <braggd/error.hpp>

#include "cli/exit_code.hpp"
#include "cli/model_store.hpp"
#include "cli/verb.hpp"
#include "core/text.hpp"
#include "service/anomaly_json.hpp"
#include "service/model_tasks.hpp"
#include "service/rei_plot.hpp"
#include "service/signals.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr const char* csv_header =
    "scan,load_mpa,n_patches,n_low,rei,rei_error,jsd,too_big_share,decision,changed_frame";

struct AnalyzeVerb {
  PipelineOptions pipeline;
  AnalysisTask task;
  std::string store, csv, svg;
  bool compat = false;
  bool json = false;
};

std::string number(double value, const char* pattern = "%.6g") {
  if (std::isnan(value)) return "";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), pattern, value);
  return text.data();
}

// A file that was named by its path may hold commas and quotes in its name.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_row(const AnalysedScan& scan) {
  const ScanScore& score = scan.score;
  return quoted(scan.scan_id) + "," + (scan.load_mpa ? number(*scan.load_mpa) : "") + "," +
         std::to_string(score.counts.n_patches) + "," + std::to_string(score.counts.n_low) + "," +
         number(score.counts.rei()) + "," + number(score.counts.rei_error()) + "," + number(score.jsd) + "," +
         number(score.counts.too_big_share()) + "," + std::string(name_of(score.decision)) + "," +
         (score.changed_frame == no_frame ? "" : std::to_string(score.changed_frame));
}

void print_json(const AnalysedScan& scan) {
  nlohmann::ordered_json json{{"scan", scan.scan_id}, {"load_mpa", nullptr}};
  if (scan.load_mpa) json["load_mpa"] = *scan.load_mpa;
  json.update(to_json(scan.score.summary(scan.model_id)));
  std::printf("%s\n", json.dump().c_str());
}

void print_row(const AnalysedScan& scan) {
  const ScanScore& score = scan.score;
  std::printf("%-28s %9s %9llu  %8s +- %-8s %8s  %5.2f %%  %s", printable(scan.scan_id, 28).c_str(),
              scan.load_mpa ? number(*scan.load_mpa).c_str() : "-",
              static_cast<unsigned long long>(score.counts.n_patches),
              number(score.counts.rei(), "%.4f").c_str(), number(score.counts.rei_error(), "%.4f").c_str(),
              number(score.jsd, "%.4f").c_str(), 100 * score.counts.too_big_share(),
              std::string(name_of(score.decision)).c_str());
  if (score.changed_frame != no_frame) {
    std::printf(" since frame %llu", static_cast<unsigned long long>(score.changed_frame));
  }
  std::printf("\n");
  std::fflush(stdout);
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.flush();
  if (!file) throw OutputError(path + ": cannot be written");
}

void print_verdict(const std::vector<AnalysedScan>& scans) {
  for (const AnalysedScan& scan : scans) {
    if (scan.score.decision != AnomalyDecision::changed) continue;
    std::printf("The first scan that has changed is %s%s, since frame %llu.\n", scan.scan_id.c_str(),
                scan.load_mpa ? (" at " + number(*scan.load_mpa) + " MPa").c_str() : "",
                static_cast<unsigned long long>(scan.score.changed_frame));
    return;
  }
  std::printf("No scan has changed.\n");
}

bool is_bundle(const std::string& model) {
  return fs::is_regular_file(fs::path(model) / "manifest.json");
}

int analyze(const AnalyzeVerb& options) {
  AnalysisTask task = options.task;
  if (!task.loads.empty() && task.loads.size() != task.scans.size()) {
    throw ConfigError("there are " + std::to_string(task.scans.size()) + " scans and " +
                      std::to_string(task.loads.size()) + " loads: give one --load for each scan, or none");
  }
  block_stop_signals();
  std::stop_source stop;
  const SignalWatcher watcher(
      {.on_stop = [&] { stop.request_stop(); }, .on_abort = [] { ::_exit(exit_failure); }, .on_reload = {}});
  task.reduction = {options.pipeline.file, parse_overrides(options.pipeline.overrides)};
  task.mode = options.compat ? ReiMode::compat : ReiMode::stream;
  std::optional<ModelStore> store;
  if (!is_bundle(task.model)) store.emplace(ModelStore::open_existing(store_of(options.store)));
  if (!options.json) {
    std::printf("%-28s %9s %9s  %20s %8s  %7s  %s\n", "SCAN", "LOAD/MPa", "PATCHES", "REI         ", "JSD",
                "TOO BIG", "DECISION");
  }
  const Analysis analysis = analyse_scans(store ? &*store : nullptr, task,
                                          options.json ? &print_json : &print_row, stop.get_token());
  if (!options.csv.empty()) {
    std::string csv = std::string(csv_header) + "\n";
    for (const AnalysedScan& scan : analysis.scans) csv += csv_row(scan) + "\n";
    write_file(options.csv, csv);
  }
  if (!options.svg.empty()) write_file(options.svg, rei_plot_svg(analysis.scans, *analysis.baseline));
  if (!options.json) print_verdict(analysis.scans);
  return exit_ok;
}

}  // namespace

void add_analyze(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<AnalyzeVerb>();
  CLI::App* verb = add_verb(
      app, "analyze", "score recorded scans against a baseline",
      "Reduces each SCAN with the pipeline's stages and scores it with MODEL: the rare event indicator (REI, "
      "the share of "
      "patches that no cluster of the baseline claims), the distance of the clusters' histogram from the "
      "baseline's "
      "(JSD), and the decision: normal, changed (and since which frame) or undecided. MODEL is a name, an id "
      "or the "
      "beginning of one in the store, where scans and scores are registered too, or the directory of a "
      "bundle.",
      "braggd analyze load_*.h5 --model steel -p config/counting.yaml --svg rei.svg\n"
      "braggd analyze a.h5 b.h5 --load 0 --load 250 --model steel -p config/counting.yaml --csv rei.csv");
  verb->add_option("SCAN", options->task.scans, "scans, in the order of the experiment")
      ->required()
      ->expected(1, 100000);
  verb->add_option("--model", options->task.model, "model of the store, or a bundle")->required();
  verb->add_option("-p,--pipeline", options->pipeline.file,
                   "the pipeline file: its stages make peaks of the scans")
      ->required()
      ->type_name("FILE");
  add_store_option(verb, options->store);
  verb->add_option("--load", options->task.loads, "stress on the sample in MPa, once for each scan")
      ->check(number_within(-1e6, 1e6))
      ->take_all();
  verb->add_flag(
      "--compat", options->compat,
      "score as the published program does: statistics of each scan's own patches, frame 0 left out");
  verb->add_option("--csv", options->csv, "write the table to this file")->type_name("FILE");
  verb->add_option("--svg", options->svg, "write a plot of REI against load or scan to this file")
      ->type_name("FILE");
  add_overrides(verb, options->pipeline.overrides);
  verb->add_flag("--json", options->json, "print each scan as a line of JSON");
  on_chosen(verb, chosen, options, &analyze);
}

}  // namespace braggd
