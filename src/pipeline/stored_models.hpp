// Models that a pipeline names by the name that they have in a model store.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/config.hpp"

namespace braggd {

/// NAME of "store:NAME"; nothing for everything else.
std::optional<std::string_view> stored_model_name(std::string_view model);

/// The model store that the options of `service:` name, else the default one. Throws ConfigError where there is none.
std::filesystem::path model_store_of(const Settings& service);

/// The bundle of the active model of `name`. Throws ConfigError where the store has none.
std::filesystem::path active_bundle(const std::filesystem::path& store, const std::string& name);

/// The pipeline with the models that are the active ones of their names now; nothing where it has them already. Throws
/// ConfigError where a name has none any more or its model does not fit the stage.
std::optional<PipelineConfig> with_active_models(const PipelineConfig& config);

}  // namespace braggd
