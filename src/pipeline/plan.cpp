#include "pipeline/plan.hpp"

#include <algorithm>
#include <utility>

#include "core/sha256.hpp"
#include "pipeline/wiring.hpp"

namespace braggd {

std::optional<std::size_t> Plan::task_of(std::optional<std::size_t> stage) const {
  if (!stage) return std::nullopt;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const PlanStep& step : tasks[i].steps) {
      if (std::ranges::find(step.covers, *stage) != step.covers.end()) return i;
    }
  }
  return std::nullopt;
}

std::uint64_t Plan::bytes_in_flight(const ScanHeader& header, std::uint64_t message_bytes) const {
  constexpr std::uint64_t per_kept_pixel = sizeof(std::uint32_t) + sizeof(float) + sizeof(FlaggedPixel);
  constexpr std::uint64_t per_labelled_pixel = sizeof(std::uint32_t);
  const std::uint64_t pixels = header.shape.pixels();
  std::uint64_t bytes = message_bytes;
  std::uint64_t most_kept = pixels;
  for (const PlanTask& task : tasks) {
    for (const PlanStep& step : task.steps) {
      const LogicalStage& last = stages[step.covers.back()];
      if (last.entry->output == ProductType::dense_frame) {
        bytes += pixels * sizeof(float);
      } else if (last.entry->output == ProductType::sparse_frame) {
        const auto limit = last.settings.find("max_pixels");
        if (limit != last.settings.end()) {
          most_kept = std::min(pixels, static_cast<std::uint64_t>(std::get<std::int64_t>(limit->second)));
        }
        bytes += most_kept * per_kept_pixel;
      } else if (last.entry->output == ProductType::component_list) {
        bytes += most_kept * per_labelled_pixel;
      }
    }
  }
  return bytes;
}

std::shared_ptr<const Provenance> Plan::provenance() const {
  auto record = std::make_shared<Provenance>();
  record->configuration = config.text;
  record->configuration_sha256 = sha256_hex(config.text);
  record->expanded = expand_config(config);
  for (const LogicalStage& stage : stages) {
    record->processes.push_back({stage.name, std::string(stage.entry->info.type), stage.settings});
  }
  return record;
}

Plan make_plan(PipelineConfig config, std::vector<Problem> problems, const PlanOptions& options) {
  Plan plan;
  plan.config = std::move(config);
  const bool every_type_known = !plan.config.source.type.empty() && !plan.config.stages.empty() &&
                                !plan.config.sinks.empty() &&
                                std::ranges::none_of(plan.config.stages, &std::string::empty, &Entry::type) &&
                                std::ranges::none_of(plan.config.sinks, &std::string::empty, &Entry::type);
  if (every_type_known) wire_stages(plan, problems);
  if (!problems.empty()) throw ConfigProblems(std::move(problems));
  plan.source = find_source(plan.config.source.type);
  plan_tasks(plan, options);
  return plan;
}

}  // namespace braggd
