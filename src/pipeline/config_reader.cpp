#include "pipeline/config_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "pipeline/component_table.hpp"
#include "pipeline/config_words.hpp"

namespace braggd {

namespace {

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](unsigned char c) {
    return (std::isalnum(c) != 0) || c == '_' || c == '-';
  });
}

}  // namespace

ConfigReader::ConfigReader(const std::filesystem::path& file, std::span<const Override> overrides,
                           std::vector<Problem>& problems)
    : file_(file), overrides_(overrides), used_(overrides.size(), false), problems_(problems) {}

void ConfigReader::add(Position position, std::string key, std::string text, std::string suggestion) {
  const bool from_command_line = position.line == 0;
  problems_.push_back({from_command_line ? "--set" : file_.string(), position.line, position.column,
                       std::move(key), std::move(text), std::move(suggestion)});
}

PipelineConfig ConfigReader::read(std::string text) {
  PipelineConfig config;
  config.file = file_;
  config.text = std::move(text);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(config.text);
    read_document(documents.empty() ? YAML::Node() : documents.front(), config);
    if (documents.size() > 1) {
      add(position_of(documents[1]), "", "a second YAML document begins here",
          "a file holds one pipeline: put this one into a file of its own, or take the line --- above it "
          "away");
    }
  } catch (const YAML::Exception& error) {
    add({error.mark.line + 1, error.mark.column + 1}, "", "it is not YAML: " + error.msg,
        "check the indentation, brackets and quotes near here");
    return config;
  }
  report_unused_overrides(config);
  return config;
}

Settings ConfigReader::read_bare(const std::string& section, const std::string& type) {
  Entry entry;
  entry.section = section;
  entry.type = entry.name = type;
  const ComponentKind& kind = *find_component(section, type);
  apply_overrides("", *kind.fields, entry);
  fill_defaults(*kind.fields, entry);
  if (!problems_.empty()) return entry.settings;
  try {
    kind.check(entry.settings);
  } catch (const ConfigError& error) {
    add({}, error.key(), error.what());
  }
  return entry.settings;
}

void ConfigReader::read_document(const YAML::Node& root, PipelineConfig& config) {
  if (!root.IsMap()) {
    add({1, 1}, "", "it is not a pipeline",
        "it needs version, source, stages and sinks; `braggd list` shows what there is");
    return;
  }
  constexpr std::array<std::string_view, 7> sections{"version", "engine", "service", "source",
                                                     "stages",  "sinks",  "rules"};
  std::vector<std::string> seen;
  for (const auto& item : root) {
    const std::string key = item.first.IsScalar() ? item.first.Scalar() : "";
    if (std::ranges::find(sections, key) == sections.end()) {
      add(position_of(item.first), printable(key, 64), "unknown section",
          suggest(key, sections, "there are"));
    } else if (std::ranges::find(seen, key) != seen.end()) {
      add(position_of(item.first), key, "it is given twice", "keep one");
    }
    seen.push_back(key);
  }
  check_version(root);
  config.engine = read_options(root, "engine");
  config.service = service_ = read_options(root, "service");
  if (const YAML::Node source = root["source"]) {
    config.source = read_entry(source, "source");
  } else {
    add({1, 1}, "source", "it is missing", "say where frames come from, for example source: {type: replay}");
  }
  read_list(root, "stages", config.stages);
  read_list(root, "sinks", config.sinks);
  if (root["rules"]) read_list(root, "rules", config.rules);
  check_names(config.rules);
}

// Stages and sinks are checked where they are connected.
void ConfigReader::check_names(const std::vector<Entry>& entries) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    const auto same = std::ranges::find(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(i),
                                        entries[i].name, &Entry::name);
    if (same == entries.begin() + static_cast<std::ptrdiff_t>(i) || entries[i].name.empty()) continue;
    add(entries[i].position, entries[i].section, "two are called '" + entries[i].name + "'",
        "give one of them another name");
  }
}

void ConfigReader::check_version(const YAML::Node& root) {
  const YAML::Node version = root["version"];
  if (!version) {
    add({1, 1}, "version", "it is missing", "begin the file with version: 1");
  } else if (!version.IsScalar() || version.Scalar() != "1") {
    add(position_of(version), "version", "this version of the file format is not known", "write version: 1");
  }
}

Settings ConfigReader::read_options(const YAML::Node& root, const char* name) {
  const YAML::Node node = root[name];
  const OptionSection& section = *find_option_section(name);
  Entry entry;
  entry.section = name;
  if (node) entry.position = position_of(node);
  if (node && !node.IsMap() && !node.IsNull()) {
    add(entry.position, name, "it is not a mapping", "write, for example, " + std::string(section.example));
    return entry.settings;
  }
  const std::size_t before = problems_.size();
  read_settings(node && node.IsMap() ? node : YAML::Node(YAML::NodeType::Map), section.fields, entry);
  if (problems_.size() == before) check(section.check, entry);
  return entry.settings;
}

void ConfigReader::read_list(const YAML::Node& root, const char* section, std::vector<Entry>& entries) {
  const YAML::Node list = root[section];
  if (!list || !list.IsSequence() || list.size() == 0) {
    add(list ? position_of(list) : Position{1, 1}, section,
        list ? "it is not a list of entries" : "it is missing",
        std::string("write, for example, ") + section +
            ": [{type: " + std::string(component_types(section).front()) + "}]");
    return;
  }
  for (const auto& node : list) entries.push_back(read_entry(node, section));
}

Entry ConfigReader::read_entry(const YAML::Node& node, std::string section) {
  Entry entry;
  entry.section = std::move(section);
  entry.position = position_of(node);
  if (!node.IsMap()) {
    add(entry.position, entry.section, "an entry is a mapping with a type",
        "write, for example, {type: " + std::string(component_types(entry.section).front()) + "}");
    return entry;
  }
  if (!read_type(node, entry)) return entry;
  read_identity(node, entry);
  const ComponentKind& kind = *find_component(entry.section, entry.type);
  const std::size_t before = problems_.size();
  read_settings(node, *kind.fields, entry);
  if (problems_.size() == before) check(kind.check, entry);
  return entry;
}

bool ConfigReader::read_type(const YAML::Node& node, Entry& entry) {
  const YAML::Node type = node["type"];
  const auto types = component_types(entry.section);
  if (!type || !type.IsScalar()) {
    std::string suggestion = suggest("", types, "it can be one of");
    if (find_component(entry.section, "null") != nullptr)
      suggestion +=
          R"(; null needs quotes, since without them it is YAML's word for nothing: {type: "null"})";
    add(entry.position, entry.section, "an entry has no type", suggestion);
    return false;
  }
  entry.type = entry.name = type.Scalar();
  if (find_component(entry.section, entry.type) != nullptr) return true;
  std::string suggestion = suggest(entry.type, types, "there are");
  for (const char* other : {"source", "stages", "sinks", "rules"}) {
    if (find_component(other, entry.type) != nullptr) {
      suggestion = "'" + entry.type + "' belongs under " + other;
    }
  }
  add(position_of(type), entry.section, "unknown type '" + printable(entry.type, 64) + "'", suggestion);
  entry.type.clear();
  return false;
}

void ConfigReader::read_identity(const YAML::Node& node, Entry& entry) {
  const bool has_name = entry.section != "source";
  const bool has_from = has_name && entry.section != "rules";
  for (const char* key : {"name", "from"}) {
    const YAML::Node value = node[key];
    if (!value) continue;
    entry.key_positions[key] = position_of(value);
    if (!(key == std::string_view("name") ? has_name : has_from)) {
      add(position_of(value), entry.path_of(key), "the entry has no " + std::string(key), "leave it out");
    } else if (!value.IsScalar() || !is_plain_name(value.Scalar())) {
      add(position_of(value), entry.path_of(key), "it is not a name", "use letters, digits, '_' and '-'");
    } else {
      (std::string_view(key) == "name" ? entry.name : entry.from) = value.Scalar();
    }
  }
}

}  // namespace braggd
