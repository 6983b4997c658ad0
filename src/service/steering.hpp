// Rules: what is done when a scan turns out to be something.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/condition.hpp"
#include "pipeline/config.hpp"
#include "service/alarm_board.hpp"
#include "service/scan_intake.hpp"

namespace braggd {

/// What is known of a scan, by the names that `when` has.
using ScanFacts = std::map<std::string, FactValue, std::less<>>;

ScanFacts facts_of(const PassingScan& scan);
ScanFacts facts_of(const PassingScan& scan, const ScanReport& report);

/// As JSON; what is not known is null.
nlohmann::ordered_json facts_json(const ScanFacts& facts);

/// What a rule does, from a thread of its own. Throws OutputError in words for what did not work.
class RuleAction {
 public:
  virtual ~RuleAction() = default;
  /// A stop ends what it is doing soon.
  virtual void act(const ScanFacts& facts, const nlohmann::ordered_json& message,
                   const std::stop_token& stop) = 0;
};

/// Of the alarm that a rule of type alarm raises.
std::string alarm_id_of(const Entry& rule);

/// What actions work on.
struct ActionContext {
  AlarmBoard& alarms;
  std::filesystem::path model_store;  ///< of the pipeline; empty: the default one
};

std::unique_ptr<RuleAction> make_action(const Entry& rule, const ActionContext& context);

/// Looks at scans and lets rules act, each at most once a scan. What an action does, however long it takes, holds up
/// neither the scan nor other rules. Thread-safe.
class Steering {
 public:
  explicit Steering(ActionContext context);
  /// Ends what the actions are doing.
  ~Steering();

  /// Replaces the rules; those of the same words stay.
  void set_rules(const std::vector<Entry>& rules);
  /// Clears what rules have raised for the scan before.
  void begin_scan();
  /// `scan` is the scan's number.
  void look(std::uint64_t scan, const ScanFacts& facts);

 private:
  class Rule;
  const ActionContext context_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Rule>> rules_;
};

}  // namespace braggd
