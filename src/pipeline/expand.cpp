#include <cmath>
#include <yaml-cpp/yaml.h>

#include "pipeline/component_table.hpp"
#include "pipeline/config.hpp"
#include "pipeline/yaml_value.hpp"

namespace braggd {

namespace {

void emit_value(YAML::Emitter& out, const Value& value, const FieldDescriptor& field) {
  if (!is_given(value)) {
    out << YAML::Null;
  } else if (const auto* real = std::get_if<double>(&value)) {
    out << format_number(*real);
  } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& item : *list) out << YAML::DoubleQuoted << item;
    out << YAML::EndSeq;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    if (field.kind != FieldKind::choice) out << YAML::DoubleQuoted;
    out << *text;
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    out << *whole;
  } else {
    out << std::get<bool>(value);
  }
}

void emit_settings(YAML::Emitter& out, const Settings& settings, const std::vector<FieldDescriptor>& fields) {
  for (const FieldDescriptor& field : fields) {
    const auto found = settings.find(field.key);
    if (found == settings.end()) continue;
    out << YAML::Key << std::string(field.key) << YAML::Value;
    emit_value(out, found->second, field);
  }
}

void emit_entry(YAML::Emitter& out, const Entry& entry) {
  out << YAML::BeginMap << YAML::Key << "type" << YAML::Value << entry.type;
  if (entry.section != "source") out << YAML::Key << "name" << YAML::Value << entry.name;
  if (!entry.from.empty()) out << YAML::Key << "from" << YAML::Value << entry.from;
  emit_settings(out, entry.settings, *find_component(entry.section, entry.type)->fields);
  out << YAML::EndMap;
}

}  // namespace

std::string expand_config(const PipelineConfig& config) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "version" << YAML::Value << 1;
  for (const auto& [name, settings] :
       {std::pair{"engine", &config.engine}, std::pair{"service", &config.service}}) {
    out << YAML::Key << name << YAML::Value << YAML::BeginMap;
    emit_settings(out, *settings, find_option_section(name)->fields);
    out << YAML::EndMap;
  }
  out << YAML::Key << "source" << YAML::Value;
  emit_entry(out, config.source);
  for (const auto& [section, entries] :
       {std::pair{"stages", &config.stages}, std::pair{"sinks", &config.sinks},
        std::pair{"rules", &config.rules}}) {
    if (entries->empty()) continue;
    out << YAML::Key << section << YAML::Value << YAML::BeginSeq;
    for (const Entry& entry : *entries) emit_entry(out, entry);
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace braggd
