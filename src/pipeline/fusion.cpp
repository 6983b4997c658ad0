// The planner: which stages become one kernel call, and which calls share a task.
#include <algorithm>
#include <set>
#include <utility>

#include "pipeline/plan.hpp"

namespace braggd {

namespace {

std::size_t consumers_of(const Plan& plan, std::size_t stage) {
  const auto takes_it = [&](const auto& consumer) { return consumer.producer == stage; };
  return static_cast<std::size_t>(std::ranges::count_if(plan.stages, takes_it) +
                                  std::ranges::count_if(plan.sinks, takes_it));
}

std::optional<std::size_t> only_consumer(const Plan& plan, std::size_t stage) {
  if (consumers_of(plan, stage) != 1) return std::nullopt;
  const auto found =
      std::ranges::find_if(plan.stages, [&](const LogicalStage& s) { return s.producer == stage; });
  if (found == plan.stages.end()) return std::nullopt;
  return static_cast<std::size_t>(found - plan.stages.begin());
}

// The chain from a stage that takes an encoded frame to a threshold, if all of it folds into one rule.
std::optional<std::vector<std::size_t>> foldable_chain(const Plan& plan, std::size_t first) {
  std::vector<std::size_t> chain;
  std::set<const StageEntry*> once;
  if (plan.stages[first].entry->input != ProductType::frame) return std::nullopt;
  for (std::optional<std::size_t> at = first; at; at = only_consumer(plan, *at)) {
    const StageEntry* entry = plan.stages[*at].entry;
    if (!entry->foldable || (entry->folds_once && !once.insert(entry).second)) return std::nullopt;
    chain.push_back(*at);
    if (entry->output == ProductType::sparse_frame) return chain;
  }
  return std::nullopt;
}

PlanStep make_step(const Plan& plan, std::vector<std::size_t> covers) {
  PlanStep step;
  for (const std::size_t stage : covers) {
    step.label += (step.label.empty() ? "" : " + ") + plan.stages[stage].name;
  }
  step.covers = std::move(covers);
  return step;
}

}  // namespace

void plan_tasks(Plan& plan, const PlanOptions& options) {
  plan.tasks.clear();
  std::set<std::size_t> covered;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (covered.contains(i)) continue;
    std::vector<std::size_t> covers{i};
    if (options.fuse) {
      if (auto chain = foldable_chain(plan, i)) covers = std::move(*chain);
    }
    covered.insert(covers.begin(), covers.end());
    const bool parallel = plan.stages[i].entry->parallel;
    const auto producer_stage = plan.stages[i].producer;
    const auto producer = plan.task_of(producer_stage);
    const bool joins =
        producer && parallel && plan.tasks[*producer].parallel && consumers_of(plan, *producer_stage) == 1;
    if (joins) {
      plan.tasks[*producer].steps.push_back(make_step(plan, std::move(covers)));
    } else {
      plan.tasks.push_back({{make_step(plan, std::move(covers))}, parallel, producer});
    }
  }
}

}  // namespace braggd
