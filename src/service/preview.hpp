// A frame now and then, to be looked at.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <braggd/frame.hpp>
#include <braggd/peak.hpp>

namespace braggd {

/// A frame with the peaks that were found on it.
struct PreviewSample {
  std::shared_ptr<const ScanHeader> header;
  Frame frame;
  std::shared_ptr<const PeakList> peaks;  ///< null where none came
};

/// Keeps one frame at a time, as it came; it is decoded by who wants to see it. Thread-safe.
class PreviewSampler {
 public:
  using Clock = std::chrono::steady_clock;

  /// `per_second` 0: none.
  explicit PreviewSampler(double per_second);

  void offer(const std::shared_ptr<const ScanHeader>& header, const Frame& frame);
  void take_peaks(const ScanHeader& header, const std::shared_ptr<const PeakList>& peaks);
  /// The last frame whose peaks are known; nothing before the first.
  std::optional<PreviewSample> latest() const;

 private:
  const Clock::duration interval_;
  std::atomic<Clock::time_point> due_;
  mutable std::mutex mutex_;
  std::optional<PreviewSample> pending_;  // waits for its peaks
  std::optional<PreviewSample> latest_;
};

}  // namespace braggd
