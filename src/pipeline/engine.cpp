#include "pipeline/engine.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace braggd {

namespace {

unsigned thread_count(const EngineConfig& engine) {
  return engine.threads != 0 ? engine.threads : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Engine::Engine(Plan checked)
    : plan(std::move(checked)),
      provenance(plan.provenance()),
      when_full(plan.engine().when_full),
      budget(plan.engine().memory),
      workers(thread_count(plan.engine()), plan.engine().pin_threads) {}

void Engine::open_sinks() {
  for (const LogicalSink& sink : plan.sinks) {
    if (sink.entry->open != nullptr) sink.entry->open(sink.settings, outlets);
  }
}

void Engine::rehearse(const std::shared_ptr<const ScanHeader>& header) {
  std::vector<SinkRunner> nowhere;
  DropLog log(header->scan_id);
  const std::atomic<bool> aborted{false};
  const ScanGraph graph(plan, StageContext{header, resources}, nowhere, workers, log, aborted, {});
}

}  // namespace braggd
