#include "pipeline/component_table.hpp"

#include <algorithm>

#include "pipeline/config.hpp"
#include "pipeline/rule_registry.hpp"
#include "pipeline/service_config.hpp"
#include "sinks/registry.hpp"
#include "sources/registry.hpp"
#include "stages/registry.hpp"

namespace braggd {

namespace {

std::vector<ComponentKind> collect() {
  std::vector<ComponentKind> table;
  for (const SourceEntry& e : source_registry()) {
    table.push_back({"source", e.info.type, e.info.doc, "", name_of(ProductType::frame), &e.fields, e.check});
  }
  for (const StageEntry& e : stage_registry()) {
    table.push_back(
        {"stages", e.info.type, e.info.doc, name_of(e.input), name_of(e.output), &e.fields, e.check});
  }
  for (const SinkEntry& e : sink_registry()) {
    const auto input = e.input ? name_of(*e.input) : std::string_view("any product");
    table.push_back({"sinks", e.info.type, e.info.doc, input, "", &e.fields, e.check});
  }
  for (const RuleEntry& e : rule_registry()) {
    table.push_back({"rules", e.info.type, e.info.doc, "", "", &e.fields, e.check});
  }
  return table;
}

}  // namespace

const std::vector<ComponentKind>& component_table() {
  static const std::vector<ComponentKind> table = collect();
  return table;
}

const ComponentKind* find_component(std::string_view section, std::string_view type) {
  const auto& table = component_table();
  const auto found = std::ranges::find_if(
      table, [&](const ComponentKind& kind) { return kind.section == section && kind.type == type; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> component_types(std::string_view section) {
  std::vector<std::string_view> types;
  for (const ComponentKind& kind : component_table()) {
    if (kind.section == section) types.push_back(kind.type);
  }
  return types;
}

const std::vector<OptionSection>& option_sections() {
  static const std::vector<OptionSection> sections{
      {"engine", "The engine that runs the graph.", "engine: {threads: 2}", describe_fields<EngineConfig>(),
       [](const Settings&) {}},
      {"service", "How a running pipeline is watched and steered.", "service: {http: 8430}",
       describe_fields<ServiceConfig>(),
       [](const Settings& settings) { ServiceConfig::check(make_config<ServiceConfig>(settings)); }},
  };
  return sections;
}

const OptionSection* find_option_section(std::string_view name) {
  const auto& sections = option_sections();
  const auto found = std::ranges::find(sections, name, &OptionSection::name);
  return found == sections.end() ? nullptr : &*found;
}

}  // namespace braggd
