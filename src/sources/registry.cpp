#include "sources/registry.hpp"

#include <algorithm>

#include "sources/replay_source.hpp"
#include "sources/simulator_source.hpp"
#include "sources/stream2_source.hpp"

namespace braggd {

namespace {

template <class S>
SourceEntry source_entry() {
  using Config = typename S::Config;
  return {
      S::info,
      describe_fields<Config>(),
      [](const Settings& settings) {
        if constexpr (requires(const Config& config) { S::check(config); })
          S::check(make_config<Config>(settings));
      },
      [](const Settings& settings) -> std::unique_ptr<Source> {
        return std::make_unique<S>(make_config<Config>(settings));
      },
  };
}

}  // namespace

std::span<const SourceEntry> source_registry() {
  static const std::vector<SourceEntry> table{source_entry<Stream2Source>(), source_entry<ReplaySource>(),
                                              source_entry<SimulatorSource>()};
  return table;
}

const SourceEntry* find_source(std::string_view type) {
  const auto table = source_registry();
  const auto found = std::ranges::find(table, type, [](const SourceEntry& entry) { return entry.info.type; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace braggd
