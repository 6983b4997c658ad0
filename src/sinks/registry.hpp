// The table of all sinks.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <braggd/sink.hpp>
#include <braggd/stage.hpp>

namespace braggd {

struct SinkEntry {
  StageInfo info;
  std::optional<ProductType> input;  ///< nothing: takes any product
  std::vector<FieldDescriptor> fields;
  void (*check)(const Settings&);
  std::unique_ptr<Sink> (*make)(const Settings&, const SinkContext&);
  /// Opens what outlives scans, before the first of them; null: there is nothing. Throws ConfigError.
  void (*open)(const Settings&, ResourceCache&) = nullptr;
};

std::span<const SinkEntry> sink_registry();

/// Null where there is none of that type.
const SinkEntry* find_sink(std::string_view type);

}  // namespace braggd
