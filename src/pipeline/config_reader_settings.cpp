// The options of an entry: from its YAML, from the command line, from their defaults.
#include <algorithm>
#include <array>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "pipeline/config_reader.hpp"
#include "pipeline/config_words.hpp"
#include "pipeline/stored_models.hpp"
#include "pipeline/yaml_value.hpp"

namespace braggd {

namespace {

constexpr std::array<std::string_view, 3> identity_keys{"type", "name", "from"};

std::vector<std::string_view> keys_of(const std::vector<FieldDescriptor>& fields) {
  std::vector<std::string_view> keys;
  for (const FieldDescriptor& field : fields) keys.push_back(field.key);
  return keys;
}

}  // namespace

void ConfigReader::read_settings(const YAML::Node& node, const std::vector<FieldDescriptor>& fields,
                                 Entry& entry) {
  for (const auto& item : node) {
    const std::string key = item.first.IsScalar() ? item.first.Scalar() : "";
    if (!entry.type.empty() && std::ranges::find(identity_keys, key) != identity_keys.end()) continue;
    if (entry.key_positions.contains(key)) {
      add(position_of(item.first), entry.path_of(key), "it is given twice", "keep one");
      continue;
    }
    entry.key_positions[key] = position_of(item.second);
    const bool known = std::ranges::any_of(fields, [&](const FieldDescriptor& f) { return f.key == key; });
    if (!known) {
      const std::string suggestion = fields.empty() ? "'" + entry.type + "' has no options"
                                                    : suggest(key, keys_of(fields), "its options are");
      add(position_of(item.first), entry.path_of(printable(key, 64)), "unknown option", suggestion);
      continue;
    }
    read_setting(key, item.second, position_of(item.second), fields, file_.parent_path(), entry);
  }
  apply_overrides(entry.path_of("") + ".", fields, entry);
  fill_defaults(fields, entry);
}

void ConfigReader::fill_defaults(const std::vector<FieldDescriptor>& fields, Entry& entry) {
  for (const FieldDescriptor& field : fields) {
    const bool given = entry.settings.contains(field.key);
    const bool tried = entry.key_positions.contains(field.key);
    if (field.required && !given && !tried) {
      add(entry.position, entry.path_of(field.key), "it is required", "it is the " + std::string(field.doc));
    }
    if (!given) entry.settings.emplace(field.key, field.default_value);
  }
}

void ConfigReader::read_setting(std::string_view key, const YAML::Node& value, Position position,
                                const std::vector<FieldDescriptor>& fields, const std::filesystem::path& base,
                                Entry& entry) {
  const auto field = std::ranges::find(fields, key, &FieldDescriptor::key);
  try {
    Value& setting = entry.settings[std::string(key)] = read_value(value, *field, base);
    if (field->kind == FieldKind::model) resolve_model(key, setting, entry);
  } catch (const ConfigError& error) {
    add(position, entry.path_of(key), error.what(), std::string(field->doc));
  }
}

void ConfigReader::resolve_model(std::string_view key, Value& setting, Entry& entry) {
  const auto name = stored_model_name(std::get<std::string>(setting));
  if (!name) return;
  const std::string model(*name);
  setting = active_bundle(model_store_of(service_), model).string();
  entry.stored_models[std::string(key)] = model;
}

void ConfigReader::apply_overrides(const std::string& prefix, const std::vector<FieldDescriptor>& fields,
                                   Entry& entry) {
  for (std::size_t i = 0; i < overrides_.size(); ++i) {
    if (!overrides_[i].path.starts_with(prefix)) continue;
    const std::string key = overrides_[i].path.substr(prefix.size());
    used_[i] = true;
    if (!prefix.empty() && !entry.type.empty() &&
        std::ranges::find(identity_keys, key) != identity_keys.end()) {
      add({}, overrides_[i].path, "what an entry is, is called and takes its data from cannot be set here",
          "edit the file");
      continue;
    }
    if (std::ranges::find(fields, key, &FieldDescriptor::key) == fields.end()) {
      add({}, overrides_[i].path, "unknown option", suggest(key, keys_of(fields), "its options are"));
      continue;
    }
    entry.key_positions[key] = {};
    try {
      read_setting(key, YAML::Load(overrides_[i].value), {}, fields, std::filesystem::current_path(), entry);
    } catch (const YAML::Exception& error) {
      add({}, overrides_[i].path, "the value is not YAML: " + error.msg);
    }
  }
}

void ConfigReader::report_unused_overrides(const PipelineConfig& config) {
  std::vector<std::string> paths{"engine", "service", "source"};
  for (const auto* list : {&config.stages, &config.sinks, &config.rules}) {
    for (const Entry& entry : *list) paths.push_back(entry.path_of(""));
  }
  const std::vector<std::string_view> candidates(paths.begin(), paths.end());
  for (std::size_t i = 0; i < overrides_.size(); ++i) {
    if (used_[i]) continue;
    const std::string& path = overrides_[i].path;
    if (std::ranges::find(candidates, path) != candidates.end()) {
      add({}, path, "it is an entry with options, not an option", "write " + path + ".OPTION=VALUE");
      continue;
    }
    const auto last_dot = path.rfind('.');
    add({}, path, "there is no such entry in the file",
        suggest(path.substr(0, last_dot), candidates, "it can begin with"));
  }
}

void ConfigReader::check(void (*check_settings)(const Settings&), const Entry& entry) {
  try {
    check_settings(entry.settings);
  } catch (const ConfigError& error) {
    add(entry.position_of(error.key()), entry.path_of(error.key()), error.what());
  }
}

}  // namespace braggd
