#include "pipeline/runner.hpp"

#include <utility>

namespace braggd {

Runner::Runner(Plan plan, std::function<void(const ScanReport&)> on_report)
    : engine_(std::move(plan)), on_report_(std::move(on_report)) {
  engine_.open_sinks();
}

void Runner::begin(std::shared_ptr<const ScanHeader> header) {
  auto scan = std::make_unique<ScanRun>(engine_, std::move(header), nullptr);
  const std::lock_guard lock(mutex_);
  scan_ = std::move(scan);
  if (aborted_) scan_->abort();
}

ScanSummary Runner::finish(const ScanEnd& end) {
  const ScanReport report = scan_->finish(end);
  {
    const std::lock_guard lock(mutex_);
    scan_.reset();
  }
  if (on_report_) on_report_(report);
  return report.summary;
}

bool Runner::given_up() const {
  const std::lock_guard lock(mutex_);
  return aborted_;
}

void Runner::abort() {
  const std::lock_guard lock(mutex_);
  aborted_ = true;
  if (scan_) scan_->abort();
}

Progress Runner::progress() const {
  const std::lock_guard lock(mutex_);
  return scan_ ? scan_->progress() : Progress{};
}

}  // namespace braggd
