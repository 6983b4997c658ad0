// One view of the three registries: what a YAML entry of a section may be.
#pragma once

#include <string_view>
#include <vector>

#include <braggd/field.hpp>

namespace braggd {

/// A type that the YAML may name, whatever registry it is in.
struct ComponentKind {
  std::string_view section;  ///< source, stages or sinks
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

/// The options of `engine:`.
const std::vector<FieldDescriptor>& engine_fields();

}  // namespace braggd
