// Runs the steps of a task on one envelope: the one place where a stage's failure becomes a tombstone.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/counters.hpp"
#include "pipeline/drop_log.hpp"
#include "pipeline/plan.hpp"

namespace braggd {

/// The steps of a task with their stage objects, for one scan.
class TaskRunner {
 public:
  /// Builds the stages; throws ConfigError.
  TaskRunner(const Plan& plan, const PlanTask& task, const StageContext& context, DropLog& log,
             const std::atomic<bool>& aborted);

  /// Passes tombstones on; a stage's error, or whatever it throws, becomes one. Never throws.
  Envelope run(Envelope envelope);

  void report(std::vector<StepReport>& out) const;

 private:
  struct Step {
    std::string label;
    std::unique_ptr<AnyStage> stage;
    StepCounters counters;
  };
  void drop(Envelope& envelope, DropReason reason, const std::string& detail);

  std::deque<Step> steps_;  // counters do not move
  DropLog& log_;
  const std::atomic<bool>& aborted_;
};

}  // namespace braggd
