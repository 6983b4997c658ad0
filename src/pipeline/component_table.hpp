// One view of the four registries: what a YAML entry of a section may be.
#pragma once

#include <string_view>
#include <vector>

#include <braggd/field.hpp>

namespace braggd {

/// A type that the YAML may name, whatever registry it is in.
struct ComponentKind {
  std::string_view section;  ///< source, stages, sinks or rules
  std::string_view type;
  std::string_view doc;
  std::string_view input, output;  ///< names of product types; empty where there is none
  const std::vector<FieldDescriptor>* fields;
  void (*check)(const Settings&);
};

/// Everything that can be used, sources first.
const std::vector<ComponentKind>& component_table();

/// Null where the section has no such type.
const ComponentKind* find_component(std::string_view section, std::string_view type);

/// The types of a section.
std::vector<std::string_view> component_types(std::string_view section);

/// A section that is one mapping of options instead of entries: engine, service.
struct OptionSection {
  std::string_view name;
  std::string_view doc;
  std::string_view example;  ///< how it may be written
  std::vector<FieldDescriptor> fields;
  void (*check)(const Settings&);
};

const std::vector<OptionSection>& option_sections();

/// Null where `name` is none.
const OptionSection* find_option_section(std::string_view name);

}  // namespace braggd
