#include <algorithm>
#include <string_view>
#include <utility>

#include "pipeline/component_table.hpp"
#include "pipeline/config.hpp"

namespace braggd {

namespace {

Settings defaults_of(const ComponentKind& kind) {
  Settings settings;
  for (const FieldDescriptor& field : *kind.fields) settings.emplace(field.key, field.default_value);
  return settings;
}

std::string absolute_path(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

void redirect_to_replay(PipelineConfig& config, std::vector<Problem>& problems, const ReplayTarget& target) {
  // What is wrong with a source that is not used, or with a directory that is not written, does not matter.
  std::erase_if(problems, [](const Problem& problem) {
    return problem.key.starts_with("source.") ||
           (problem.key.starts_with("sinks.") && problem.key.ends_with(".directory"));
  });
  const ComponentKind& kind = *find_component("source", "replay");
  config.source = {.section = "source",
                   .type = "replay",
                   .name = "replay",
                   .from = {},
                   .settings = defaults_of(kind),
                   .position = config.source.position,
                   .key_positions = {}};
  config.source.settings["file"] = absolute_path(target.scan);
  config.source.settings["dataset"] = target.dataset;
  config.source.settings["rate"] = target.rate;
  config.source.settings["shuffle"] = static_cast<std::int64_t>(target.shuffle);

  const auto has_directory = [](const Entry& sink) { return sink.settings.contains("directory"); };
  const bool several = std::ranges::count_if(config.sinks, has_directory) > 1;
  for (Entry& sink : config.sinks) {
    if (!has_directory(sink)) continue;
    sink.settings["directory"] = absolute_path(several ? target.output / sink.name : target.output);
  }
}

void redirect_to_patches(PipelineConfig& config, std::vector<Problem>& problems,
                         const std::filesystem::path& directory) {
  std::erase_if(problems, [&](const Problem& problem) {
    const auto of_scoring = [&](const Entry& stage) {
      return stage.type == "score_anomaly" && problem.key.starts_with("stages." + stage.name + ".");
    };
    return problem.key.starts_with("sinks.") || std::ranges::any_of(config.stages, of_scoring);
  });
  std::erase_if(config.stages, [](const Entry& stage) { return stage.type == "score_anomaly"; });
  Entry sink{.section = "sinks",
             .type = "rei_patches",
             .name = "rei_patches",
             .from = {},
             .settings = defaults_of(*find_component("sinks", "rei_patches")),
             .position = {},
             .key_positions = {}};
  sink.settings["directory"] = absolute_path(directory);
  config.sinks.assign(1, std::move(sink));
}

}  // namespace braggd
