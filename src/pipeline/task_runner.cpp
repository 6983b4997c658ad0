#include "pipeline/task_runner.hpp"

#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "stages/sparsify_pixels.hpp"

namespace braggd {

namespace {

std::unique_ptr<AnyStage> make_stage(const LogicalStage& stage, const StageContext& context) {
  try {
    return stage.entry->make(stage.settings, context);
  } catch (const ConfigError& error) {
    throw ConfigError("stage " + stage.name + ": " + error.what(), error.key());
  }
}

std::unique_ptr<AnyStage> make_step(const Plan& plan, const PlanStep& step, const StageContext& context) {
  if (!step.fused()) return make_stage(plan.stages[step.covers.front()], context);
  PixelRule rule;
  for (const std::size_t covered : step.covers) make_stage(plan.stages[covered], context)->fold(rule);
  return adapt_stage(SparsifyPixels(rule, context.header));
}

Result<Product> process_guarded(AnyStage& stage, const Product& input) {
  try {
    return stage.process(input);
  } catch (const std::bad_alloc&) {
    return FrameError{DropReason::stage_error, "out of memory"};
  } catch (const std::exception& error) {
    return FrameError{DropReason::stage_error, error.what()};
  } catch (...) {
    return FrameError{DropReason::stage_error, "unknown exception"};
  }
}

}  // namespace

TaskRunner::TaskRunner(const Plan& plan, const PlanTask& task, const StageContext& context, DropLog& log,
                       const std::atomic<bool>& aborted)
    : log_(log), aborted_(aborted) {
  for (const PlanStep& planned : task.steps) {
    Step& step = steps_.emplace_back();
    step.label = planned.label;
    step.stage = make_step(plan, planned, context);
  }
}

void TaskRunner::drop(Envelope& envelope, DropReason reason, const std::string& detail) {
  envelope.dropped = reason;
  envelope.product = {};
  if (reason != DropReason::aborted) log_.warn(envelope.meta, reason, detail);
}

Envelope TaskRunner::run(Envelope envelope) {
  for (Step& step : steps_) {
    if (envelope.dropped != DropReason::none) break;
    if (aborted_.load(std::memory_order_relaxed)) {
      drop(envelope, DropReason::aborted, "");
      break;
    }
    step.counters.in.fetch_add(1, std::memory_order_relaxed);
    const auto start = std::chrono::steady_clock::now();
    Result<Product> result = process_guarded(*step.stage, envelope.product);
    step.counters.add_busy_since(start);
    if (result) {
      envelope.product = std::move(result.value());
      step.counters.out.fetch_add(1, std::memory_order_relaxed);
    } else {
      step.counters.dropped.fetch_add(1, std::memory_order_relaxed);
      drop(envelope, result.error().reason, step.label + ": " + result.error().detail);
    }
  }
  return envelope;
}

void TaskRunner::report(std::vector<StepReport>& out) const {
  for (const Step& step : steps_) out.push_back(step.counters.report(step.label));
}

}  // namespace braggd
