#include "sinks/registry.hpp"

#include <algorithm>

#include "sinks/nexus_file.hpp"
#include "sinks/null.hpp"
#include "sinks/publish.hpp"
#include "sinks/rei_patches.hpp"

namespace braggd {

namespace {

template <class S>
constexpr auto opener() -> void (*)(const Settings&, ResourceCache&) {
  if constexpr (requires(const typename S::Config& config, ResourceCache& cache) { S::open(config, cache); })
    return [](const Settings& settings, ResourceCache& cache) {
      S::open(make_config<typename S::Config>(settings), cache);
    };
  else
    return nullptr;
}

template <class S>
SinkEntry sink_entry(std::optional<ProductType> input) {
  using Config = typename S::Config;
  return {
      S::info,
      input,
      describe_fields<Config>(),
      [](const Settings& settings) {
        if constexpr (requires(const Config& config) { S::check(config); })
          S::check(make_config<Config>(settings));
      },
      [](const Settings& settings, const SinkContext& context) -> std::unique_ptr<Sink> {
        return std::make_unique<S>(make_config<Config>(settings), context);
      },
      opener<S>(),
  };
}

}  // namespace

std::span<const SinkEntry> sink_registry() {
  static const std::vector<SinkEntry> table{
      sink_entry<NexusFile>(ProductType::peak_list), sink_entry<ReiPatchesSink>(ProductType::peak_list),
      sink_entry<Publish>(ProductType::peak_list), sink_entry<Null>(std::nullopt)};
  return table;
}

const SinkEntry* find_sink(std::string_view type) {
  const auto table = sink_registry();
  const auto found = std::ranges::find(table, type, [](const SinkEntry& entry) { return entry.info.type; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace braggd
