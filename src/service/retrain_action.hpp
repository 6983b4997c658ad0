// The rule that retrains: drift in a running experiment teaches its model the new state.
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "pipeline/rule_registry.hpp"
#include "service/steering.hpp"

namespace braggd {

/// Collects the patches of scans for which the rule's condition held, and has `braggd model retrain` learn them when there
/// are enough: in a process of its own, of idle priority. Scans that another model than the active one judged do not
/// count. Throws OutputError in words where a scan has no patches or the training does not end well.
class RetrainModel final : public RuleAction {
 public:
  RetrainModel(const Entry& rule, std::filesystem::path model_store);

  void act(const ScanFacts& facts, const nlohmann::ordered_json& message,
           const std::stop_token& stop) override;

 private:
  bool is_of_active_model(const ScanFacts& facts) const;
  void train(const std::vector<std::string>& patches, const std::stop_token& stop) const;

  RetrainRule rule_;
  std::filesystem::path store_;
  std::vector<std::string> collected_;  ///< files of patches
  std::chrono::steady_clock::time_point next_;
};

}  // namespace braggd
