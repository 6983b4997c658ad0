// The pipeline file as data: read, checked entry by entry, not yet connected.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <braggd/field.hpp>

#include "pipeline/problem.hpp"

namespace braggd {

/// A place in the YAML file, from 1; 0 where there is none.
struct Position {
  int line = 0;
  int column = 0;
};

/// One source, stage, sink or rule as written. `settings` holds every option, defaults filled in.
struct Entry {
  std::string section;  ///< source, stages, sinks or rules
  std::string type;
  std::string name;  ///< default: its type
  std::string from;  ///< empty: the entry above
  Settings settings;
  Position position;
  std::map<std::string, Position, std::less<>> key_positions;
  std::map<std::string, std::string> stored_models{};  ///< key → NAME of the settings that were store:NAME

  Position position_of(std::string_view key) const;
  /// The key as `--set` names it: stages.threshold.at_least, source.file.
  std::string path_of(std::string_view key) const;
};

/// What happens to a frame that comes while the memory budget is spent.
enum class WhenFull : std::uint8_t { block, drop_newest };
inline constexpr std::array<std::string_view, 2> when_full_names{"block", "drop_newest"};

/// Options of the engine that runs the graph.
struct EngineConfig {
  std::uint32_t threads = 0;
  bool pin_threads = false;
  std::uint64_t memory = std::uint64_t{2} << 30U;
  WhenFull when_full = WhenFull::block;
  static constexpr auto fields() {
    return std::tuple{
        field("threads", &EngineConfig::threads, "worker threads; 0: one a core", 0, 1024),
        field("pin_threads", &EngineConfig::pin_threads,
              "keep each worker on a core of its own, of those that the process may use"),
        bytes_field("memory", &EngineConfig::memory,
                    "budget of the frames in flight; when_full says what happens while it is spent", 1 << 20,
                    1e15),
        choice_field(
            "when_full", &EngineConfig::when_full,
            "the source waits (and with it, in the end, the detector), or the frame is dropped, counted as "
            "back_pressure, and the stream goes on",
            when_full_names),
    };
  }
};

struct PipelineConfig {
  std::filesystem::path file;
  std::string text;  ///< byte for byte
  Settings engine;
  Settings service;
  Entry source;
  std::vector<Entry> stages;
  std::vector<Entry> sinks;
  std::vector<Entry> rules;
};

/// A value from the command line in place of the file's: "stages.threshold.at_least=30".
struct Override {
  std::string path;
  std::string value;
};

/// Splits "path=value"; throws ConfigProblems where there is no '='.
Override parse_override(const std::string& text);

/// Reads and checks each entry against its table of fields. Collects every problem; what can be read is returned all
/// the same, so that the checks that follow find theirs too.
PipelineConfig read_config(const std::filesystem::path& file, std::span<const Override> overrides,
                           std::vector<Problem>& problems);

/// The same from text, with `file` for messages and relative paths.
PipelineConfig parse_config(std::string text, const std::filesystem::path& file,
                            std::span<const Override> overrides, std::vector<Problem>& problems);

/// The settings of one component from "key=value" overrides alone, defaults filled in; `section` and `type` as in the
/// file. Throws ConfigProblems.
Settings settings_from_overrides(const std::string& section, const std::string& type,
                                 const std::vector<std::string>& assignments);

/// A recorded scan in place of the pipeline's source, a directory in place of its sinks'.
struct ReplayTarget {
  std::filesystem::path scan;
  std::filesystem::path output;
  std::string dataset;
  double rate = 0;  ///< frames/s; 0: as fast as it goes
  std::uint64_t shuffle = 0;
};

/// Makes any pipeline file, the daemon's own too, play a recorded scan. Several sinks with directories get one below
/// `output` each, by name.
void redirect_to_replay(PipelineConfig& config, std::vector<Problem>& problems, const ReplayTarget& target);

/// Makes any pipeline file write the patches that the rare event indicator looks at, and nothing else: one sink
/// rei_patches to `directory`, stages that score left out.
void redirect_to_patches(PipelineConfig& config, std::vector<Problem>& problems,
                         const std::filesystem::path& directory);

/// The YAML with every default written out; reading it gives the same pipeline.
std::string expand_config(const PipelineConfig& config);

}  // namespace braggd
