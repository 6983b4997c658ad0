#include "service/scan_intake.hpp"

#include <algorithm>
#include <exception>

#include "core/clock.hpp"

namespace braggd {

namespace {

bool scores(const Plan& plan) {
  return std::ranges::any_of(
      plan.stages, [](const LogicalStage& stage) { return stage.entry->info.type == "score_anomaly"; });
}

}  // namespace

PassingScan::PassingScan(std::uint64_t number_of_it, std::shared_ptr<Engine> engine_of_it,
                         std::shared_ptr<const ScanHeader> header, PreviewSampler& preview)
    : number(number_of_it),
      engine(std::move(engine_of_it)),
      live(*header, scores(engine->plan), preview),
      run(*engine, std::move(header), &live),
      begun_ns(unix_ns()) {}

ScanIntake::ScanIntake(std::shared_ptr<Engine> engine, PreviewSampler& preview, ScanEvents events)
    : preview_(preview), events_(std::move(events)), engine_(std::move(engine)) {}

ScanIntake::~ScanIntake() {
  wait();
}

void ScanIntake::begin(std::shared_ptr<const ScanHeader> header) {
  {
    const std::lock_guard lock(mutex_);
    beginning_since_ = std::chrono::steady_clock::now();
  }
  adopt_next_engine(header);
  auto scan = std::make_shared<PassingScan>(++scans_, engine(), std::move(header), preview_);
  {
    const std::lock_guard lock(mutex_);
    open_ = std::move(scan);
    beginning_since_.reset();
  }
  events_.on_begin();
}

void ScanIntake::adopt_next_engine(const std::shared_ptr<const ScanHeader>& header) {
  std::shared_ptr<Engine> next;
  {
    const std::lock_guard lock(mutex_);
    next = std::exchange(next_engine_, nullptr);
  }
  if (!next) return;
  wait();  // one engine's sockets at a time
  const auto before = engine();
  try {
    next->rehearse(header);
    before->close_sinks();
    next->open_sinks();
  } catch (const std::exception& error) {
    next->close_sinks();
    before->open_sinks();
    return events_.on_refused(next, error.what());
  }
  {
    const std::lock_guard lock(mutex_);
    engine_ = next;
  }
  events_.on_adopted(next);
}

std::uint64_t ScanIntake::largest_frame_bytes() const {
  return engine()->budget.capacity_bytes();
}

void ScanIntake::end(const ScanEnd& end) {
  wait();
  const std::lock_guard lock(mutex_);
  finishing_ = std::exchange(open_, nullptr);
  finisher_ = std::thread([this, end, scan = finishing_]() mutable {
    const ScanReport report = scan->run.finish(end);
    events_.on_report(*scan, report);
    const std::lock_guard gone(mutex_);
    finishing_.reset();
  });
}

std::shared_ptr<const PassingScan> ScanIntake::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::shared_ptr<const PassingScan> ScanIntake::finishing() const {
  const std::lock_guard lock(mutex_);
  return finishing_;
}

std::shared_ptr<const PassingScan> ScanIntake::newest() const {
  const std::lock_guard lock(mutex_);
  return open_ ? open_ : finishing_;
}

std::optional<std::chrono::steady_clock::time_point> ScanIntake::beginning_since() const {
  const std::lock_guard lock(mutex_);
  return beginning_since_;
}

std::shared_ptr<Engine> ScanIntake::engine() const {
  const std::lock_guard lock(mutex_);
  return engine_;
}

void ScanIntake::set_next_engine(std::shared_ptr<Engine> engine) {
  const std::lock_guard lock(mutex_);
  next_engine_ = std::move(engine);
}

bool ScanIntake::abort() {
  const std::lock_guard lock(mutex_);
  for (const auto& scan : {open_, finishing_}) {
    if (scan) scan->run.abort();
  }
  return open_ || finishing_;
}

void ScanIntake::wait() {
  if (finisher_.joinable()) finisher_.join();
}

}  // namespace braggd
