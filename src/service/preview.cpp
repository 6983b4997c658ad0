#include "service/preview.hpp"

#include <utility>

namespace braggd {

namespace {

PreviewSampler::Clock::duration interval_of(double per_second) {
  if (per_second <= 0) return PreviewSampler::Clock::duration::max();
  return std::chrono::duration_cast<PreviewSampler::Clock::duration>(
      std::chrono::duration<double>(1 / per_second));
}

}  // namespace

PreviewSampler::PreviewSampler(double per_second)
    : interval_(interval_of(per_second)),
      due_(per_second > 0 ? Clock::time_point::min() : Clock::time_point::max()) {}

void PreviewSampler::offer(const std::shared_ptr<const ScanHeader>& header, const Frame& frame) {
  const auto now = Clock::now();
  if (now < due_.load(std::memory_order_relaxed)) return;
  due_ = now + interval_;
  const std::lock_guard lock(mutex_);
  pending_ = PreviewSample{header, frame, nullptr};
}

void PreviewSampler::take_peaks(const ScanHeader& header, const std::shared_ptr<const PeakList>& peaks) {
  const std::lock_guard lock(mutex_);
  if (!pending_ || pending_->frame.meta.index != peaks->meta.index || pending_->header.get() != &header)
    return;
  pending_->peaks = peaks;
  latest_ = std::exchange(pending_, std::nullopt);
}

std::optional<PreviewSample> PreviewSampler::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

}  // namespace braggd
