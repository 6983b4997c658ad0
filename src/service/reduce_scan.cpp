#include "service/reduce_scan.hpp"

#include <optional>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "formats/open_scan.hpp"
#include "pipeline/runner.hpp"
#include "service/progress_display.hpp"

namespace braggd {

namespace {

Plan plan_of(const Reduction& reduction, const std::filesystem::path& scan,
             const std::filesystem::path& directory) {
  open_scan(scan, {});  // a scan that cannot be read is the first thing to say
  std::vector<Problem> problems;
  PipelineConfig config = read_config(reduction.pipeline, reduction.overrides, problems);
  redirect_to_patches(config, problems, directory);
  ReplayTarget target;
  target.scan = scan;
  target.output = directory;
  redirect_to_replay(config, problems, target);
  return make_plan(std::move(config), std::move(problems));
}

double threshold_of(const Plan& plan) {
  for (const LogicalStage& stage : plan.stages) {
    if (stage.entry->info.type == "threshold") return std::get<double>(stage.settings.at("at_least"));
  }
  return 0;
}

/// What a sink rei_patches wrote. Its threshold is not known.
ReducedScan copy_patches(const std::filesystem::path& patches, const std::filesystem::path& directory) {
  ReducedScan reduced{patches, directory / patches.filename(), 0, 0, read_scan_patches(patches)};
  reduced.n_frames = reduced.content.frames.size();
  std::error_code error;
  std::filesystem::copy_file(patches, reduced.patches, error);
  if (error) throw OutputError(printable(patches.string()) + " cannot be copied: " + error.message());
  return reduced;
}

}  // namespace

ReducedScan reduce_to_patches(const Reduction& reduction, const std::filesystem::path& scan,
                              const std::filesystem::path& directory, const std::stop_token& stop) {
  if (is_patches_file(scan)) return copy_patches(scan, directory);
  if (reduction.pipeline.empty()) {
    throw ConfigError(printable(scan.string()) + " is no file of patches (" + std::string(patches_suffix) +
                      "): --pipeline says how its frames are reduced");
  }
  Plan plan = plan_of(reduction, scan, directory);
  const double threshold = threshold_of(plan);
  const auto source = plan.source->make(plan.config.source.settings);
  std::optional<ScanReport> report;
  Runner runner(std::move(plan), [&](const ScanReport& ended) { report = ended; });
  {
    const ProgressDisplay display([&]() -> ProgressView {
      const Progress progress = runner.progress();
      if (progress.scan_id.empty()) return {};
      return {"scan " + printable(progress.scan_id, 60), progress.finished, progress.expected};
    });
    source->run(runner, stop);
  }
  if (!report) throw InputError(printable(scan.string()) + ": gave no scan");
  if (report->output_failed || report->outputs.empty()) {
    throw OutputError("the patches of " + printable(scan.string()) +
                      " could not be written: " + report->summary.reason);
  }
  if (report->summary.status != ExitStatus::complete) {
    throw InputError(printable(scan.string()) + ": the scan is " +
                     std::string(name_of(report->summary.status)) + ": " + report->summary.reason);
  }
  ReducedScan reduced{scan, report->outputs.front(), report->summary.ledger.expected, threshold, {}};
  reduced.content = read_scan_patches(reduced.patches);
  return reduced;
}

}  // namespace braggd
