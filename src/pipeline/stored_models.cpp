#include "pipeline/stored_models.hpp"

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "learning/model_store.hpp"
#include "pipeline/component_table.hpp"

namespace braggd {

std::optional<std::string_view> stored_model_name(std::string_view model) {
  constexpr std::string_view prefix = "store:";
  if (!model.starts_with(prefix)) return std::nullopt;
  return model.substr(prefix.size());
}

std::filesystem::path model_store_of(const Settings& service) {
  const auto given = service.find("model_store");
  if (given != service.end() && !std::get<std::string>(given->second).empty()) {
    return std::get<std::string>(given->second);
  }
  return default_model_store();
}

std::filesystem::path active_bundle(const std::filesystem::path& store, const std::string& name) {
  const ModelStore models = ModelStore::open_existing(store);
  const auto active = models.active_model(name);
  if (!active) {
    throw ConfigError("the model store " + store.string() + " has no active model of the name '" +
                      printable(name, 64) + "': `braggd model list` shows what it has");
  }
  return models.bundle(active->id);
}

std::optional<PipelineConfig> with_active_models(const PipelineConfig& config) {
  std::optional<PipelineConfig> changed;
  for (std::size_t i = 0; i < config.stages.size(); ++i) {
    for (const auto& [key, name] : config.stages[i].stored_models) {
      const Value bundle = active_bundle(model_store_of(config.service), name).string();
      if (bundle == config.stages[i].settings.at(key)) continue;
      if (!changed) changed = config;
      Entry& stage = changed->stages[i];
      stage.settings[key] = bundle;
      find_component("stages", stage.type)->check(stage.settings);
    }
  }
  return changed;
}

}  // namespace braggd
