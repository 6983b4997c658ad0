// The table of all sources.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <braggd/field.hpp>
#include <braggd/source.hpp>
#include <braggd/stage.hpp>

namespace braggd {

struct SourceEntry {
  StageInfo info;
  std::vector<FieldDescriptor> fields;
  void (*check)(const Settings&);
  std::unique_ptr<Source> (*make)(const Settings&);  ///< throws ConfigError
};

std::span<const SourceEntry> source_registry();

/// Null where there is none of that type.
const SourceEntry* find_source(std::string_view type);

}  // namespace braggd
