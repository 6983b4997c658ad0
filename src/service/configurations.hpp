// Pipelines that have been in force, and the one that will be.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/engine.hpp"

namespace braggd {

enum class ConfigurationOutcome : std::uint8_t { running, waiting, replaced, rejected, rolled_back };

constexpr std::string_view name_of(ConfigurationOutcome outcome) {
  constexpr std::array<std::string_view, 5> names{"running", "waiting", "replaced", "rejected",
                                                  "rolled back"};
  return names[static_cast<std::size_t>(outcome)];
}

struct ConfigurationRecord {
  std::string sha256;
  std::uint64_t since_ns = 0;  ///< since the Unix epoch
  ConfigurationOutcome outcome = ConfigurationOutcome::running;
  std::string detail;  ///< why it was rejected or rolled back
};

/// Remembers what was loaded when and what became of it. Thread-safe.
class Configurations {
 public:
  using Loader = std::function<Plan()>;

  /// `load` reads the pipeline file anew and throws what reading and planning throw; `running` is in force.
  Configurations(Loader load, Plan running);

  /// Reads the file and checks it entirely, stages built for a scan like `header` (null: not built), and puts it on the
  /// waiting list. Null: it is the one in force. Throws ConfigProblems or ConfigError; that too is remembered.
  std::shared_ptr<Engine> load(const std::shared_ptr<const ScanHeader>& header);
  /// The pipeline in force or, if another waits, that one, with the models that are active in the store now; stages built
  /// as by `load`, and put on the waiting list. Null: it has them already, or was refused with them. Throws ConfigError.
  std::shared_ptr<Engine> load_active_models(const std::shared_ptr<const ScanHeader>& header);
  /// The one before the one in force, to be taken next; null: there is none.
  std::shared_ptr<Engine> previous();

  void on_adopted(const Engine& engine);
  void on_refused(const Engine& engine, const std::string& why);

  Plan running() const;
  std::vector<ConfigurationRecord> history() const;  ///< newest first
  std::optional<Plan> waiting() const;               ///< what the next scan is to be taken with
  std::optional<std::string> waiting_sha256() const;

 private:
  void remember(const std::string& sha256, ConfigurationOutcome outcome, const std::string& detail);
  void wait_for_turn(const Engine& engine, const std::string& detail);

  Loader load_;
  mutable std::mutex mutex_;
  Plan running_;
  std::optional<Plan> waiting_;
  std::optional<Plan> previous_;              // of another text than the one in force
  std::string refused_;                       // expanded
  std::vector<ConfigurationRecord> records_;  // newest last
};

}  // namespace braggd
