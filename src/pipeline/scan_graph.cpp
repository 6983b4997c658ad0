#include "pipeline/scan_graph.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <pthread.h>
#include <sched.h>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>
#include <utility>

#include "pipeline/task_runner.hpp"

namespace braggd {

namespace flow = tbb::flow;

namespace {

/// Puts each thread that enters an arena on the next core.
class Pinning final : public tbb::task_scheduler_observer {
 public:
  explicit Pinning(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) {
    CPU_ZERO(&allowed_);
    sched_getaffinity(0, sizeof allowed_, &allowed_);
    observe(true);
  }
  ~Pinning() override { observe(false); }

  void on_scheduler_entry(bool is_worker) override {
    if (!is_worker) return;  // a thread that waits for the graph goes where it likes
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core_of(tbb::this_task_arena::current_thread_index()), &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
  }

 private:
  std::size_t core_of(int slot) const {
    int nth = slot % std::max(1, CPU_COUNT(&allowed_));
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &allowed_) && nth-- == 0) return core;
    }
    return 0;
  }
  cpu_set_t allowed_{};
};

}  // namespace

class Workers::Impl {
 public:
  // One slot more than workers, because TBB counts the calling thread, which only feeds the graph.
  Impl(unsigned threads, bool pinned)
      : limit_(tbb::global_control::max_allowed_parallelism, threads + 1),
        arena(static_cast<int>(threads), 0) {
    arena.initialize();
    if (pinned) pinning_.emplace(arena);
  }

 private:
  tbb::global_control limit_;

 public:
  tbb::task_arena arena;

 private:
  std::optional<Pinning> pinning_;
};

Workers::Workers(unsigned threads, bool pinned) : impl_(std::make_unique<Impl>(threads, pinned)) {}
Workers::~Workers() = default;

class ScanGraph::Impl {
 public:
  Impl(Workers& workers, OnConsumed on_consumed) : workers_(workers), on_consumed_(std::move(on_consumed)) {
    workers_.impl().arena.execute([this] {
      graph_ = std::make_unique<flow::graph>();
      entrance_ = std::make_unique<flow::broadcast_node<Envelope>>(*graph_);
    });
  }

  void add_task(const Plan& plan, const PlanTask& task, const StageContext& context, DropLog& log,
                const std::atomic<bool>& aborted) {
    TaskRunner& runner = runners_.emplace_back(plan, task, context, log, aborted);
    flow::sender<Envelope>& producer = task.producer ? *outputs_[*task.producer] : *entrance_;
    if (task.parallel) {
      auto& node = nodes_.emplace_back(*graph_, flow::unlimited,
                                       [&runner](const Envelope& envelope) { return runner.run(envelope); });
      flow::make_edge(producer, node);
      outputs_.push_back(&node);
    } else {
      add_ordered(runner, producer);
    }
  }

  void add_sink(SinkRunner& sink, std::optional<std::size_t> task) {
    flow::sender<Envelope>& producer = task ? *outputs_[*task] : *entrance_;
    auto& node = sink_nodes_.emplace_back(*graph_, flow::serial, [this, &sink](const Envelope& envelope) {
      sink.consume(envelope);
      on_consumed_(sink, envelope);
      return flow::continue_msg{};
    });
    flow::make_edge(producer, node);
  }

  void put(const Envelope& envelope) { entrance_->try_put(envelope); }

  void drain() {
    workers_.impl().arena.execute([this] { graph_->wait_for_all(); });
  }

  bool has_ordered_tasks() const { return !sequencers_.empty(); }

  std::vector<StepReport> report() const {
    std::vector<StepReport> steps;
    for (const TaskRunner& runner : runners_) runner.report(steps);
    return steps;
  }

 private:
  // A frame that waits for its turn gives its lease back first: else the frames behind a gap would hold the whole
  // budget, and the frame that fills the gap could not be received.
  void add_ordered(TaskRunner& runner, flow::sender<Envelope>& producer) {
    auto& sequencer = sequencers_.emplace_back(
        *graph_, [](const Envelope& envelope) -> std::size_t { return envelope.meta.index; });
    auto& release = nodes_.emplace_back(*graph_, flow::unlimited, [](Envelope envelope) {
      envelope.lease.reset();
      return envelope;
    });
    auto& node = nodes_.emplace_back(*graph_, flow::serial,
                                     [&runner](const Envelope& envelope) { return runner.run(envelope); });
    flow::make_edge(producer, release);
    flow::make_edge(release, sequencer);
    flow::make_edge(sequencer, node);
    outputs_.push_back(&node);
  }

  Workers& workers_;
  OnConsumed on_consumed_;
  std::deque<TaskRunner> runners_;
  std::unique_ptr<flow::graph> graph_;
  std::unique_ptr<flow::broadcast_node<Envelope>> entrance_;
  std::deque<flow::function_node<Envelope, Envelope>> nodes_;
  std::deque<flow::sequencer_node<Envelope>> sequencers_;
  std::deque<flow::function_node<Envelope, flow::continue_msg>> sink_nodes_;
  std::vector<flow::sender<Envelope>*> outputs_;  // by task
};

ScanGraph::ScanGraph(const Plan& plan, const StageContext& context, std::vector<SinkRunner>& sinks,
                     Workers& workers, DropLog& log, const std::atomic<bool>& aborted, OnConsumed on_consumed)
    : impl_(std::make_unique<Impl>(workers, std::move(on_consumed))) {
  for (const PlanTask& task : plan.tasks) impl_->add_task(plan, task, context, log, aborted);
  for (std::size_t i = 0; i < sinks.size(); ++i)
    impl_->add_sink(sinks[i], plan.task_of(plan.sinks[i].producer));
}

ScanGraph::ScanGraph(std::vector<SinkRunner>& sinks, Workers& workers, OnConsumed on_consumed)
    : impl_(std::make_unique<Impl>(workers, std::move(on_consumed))) {
  for (SinkRunner& sink : sinks) impl_->add_sink(sink, std::nullopt);
}

ScanGraph::~ScanGraph() {
  impl_->drain();
}

void ScanGraph::put(const Envelope& envelope) {
  impl_->put(envelope);
}
void ScanGraph::drain() {
  impl_->drain();
}
bool ScanGraph::has_ordered_tasks() const {
  return impl_->has_ordered_tasks();
}
std::vector<StepReport> ScanGraph::report() const {
  return impl_->report();
}

}  // namespace braggd
