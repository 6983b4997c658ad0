// From entries to a checked graph, and from the graph to what is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <braggd/sink.hpp>

#include "pipeline/config.hpp"
#include "sinks/registry.hpp"
#include "sources/registry.hpp"
#include "stages/registry.hpp"

namespace braggd {

/// A stage as written, or implied (`decode`), with its producer.
struct LogicalStage {
  std::string name;
  const StageEntry* entry = nullptr;
  Settings settings;
  std::optional<std::size_t> producer;  ///< place in Plan::stages; nothing: the source
  bool implied = false;
};

struct LogicalSink {
  std::string name;
  const SinkEntry* entry = nullptr;
  Settings settings;
  std::optional<std::size_t> producer;
};

/// One call per frame: a stage, or several fused into the sparsify kernel.
struct PlanStep {
  std::string label;                ///< "threshold", "decode + subtract_dark + threshold"
  std::vector<std::size_t> covers;  ///< places in Plan::stages
  bool fused() const { return covers.size() > 1; }
};

/// Steps that follow one another on the same frame and the same core: one node of the graph.
struct PlanTask {
  std::vector<PlanStep> steps;
  bool parallel = true;                 ///< any number of frames at once; else one at a time in frame order
  std::optional<std::size_t> producer;  ///< place in Plan::tasks; nothing: the source
};

/// A checked pipeline, ready to run.
struct Plan {
  PipelineConfig config;
  const SourceEntry* source = nullptr;
  std::vector<LogicalStage> stages;  ///< producers before consumers
  std::vector<LogicalSink> sinks;
  std::vector<PlanTask> tasks;  ///< producers before consumers

  EngineConfig engine() const { return make_config<EngineConfig>(config.engine); }
  /// The task whose output is that of stage `stage`; nothing for the source.
  std::optional<std::size_t> task_of(std::optional<std::size_t> stage) const;
  /// Bytes that one frame is charged while it is in flight: its message and the most that its pixels may hold, as
  /// dense pixels, as kept pixels (max_pixels of them, all flagged) and as their labels. Not charged: components and
  /// peaks, 176 bytes for both, at most one to four pixels of the frame; the indices of saturated pixels in a dense
  /// frame; and what a worker needs to decode, which no frame holds.
  std::uint64_t bytes_in_flight(const ScanHeader& header, std::uint64_t message_bytes) const;
  std::shared_ptr<const Provenance> provenance() const;
};

struct PlanOptions {
  bool fuse = true;  ///< false: run every stage in its plain form
};

/// Checks types, names and connections and plans the run. Throws ConfigProblems with every problem, those that
/// `problems` already holds (from reading) included.
Plan make_plan(PipelineConfig config, std::vector<Problem> problems, const PlanOptions& options = {});

/// Groups checked stages into steps and tasks; fills Plan::tasks.
void plan_tasks(Plan& plan, const PlanOptions& options);

}  // namespace braggd
