// What is seen of a scan while it runs.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "kernels/scan_score.hpp"
#include "pipeline/condition.hpp"
#include "pipeline/scan_run.hpp"
#include "service/preview.hpp"

namespace braggd {

/// Some consecutive frames of a scan.
struct ProfileBin {
  std::uint64_t first_frame = 0;
  std::uint64_t frames = 0;  ///< of them that are through and were not dropped
  std::uint64_t peaks = 0;
  double omega_sum_deg = 0;  ///< NaN where omega is not known
};

/// Peaks a frame along the rotation, in at most 720 bins. A scan of unknown length doubles its bins as it grows.
class PeakProfile {
 public:
  static constexpr std::size_t most_bins = 720;
  explicit PeakProfile(std::uint64_t expected_frames);
  void add(const FrameMeta& meta, std::size_t peaks);
  const std::vector<ProfileBin>& bins() const { return bins_; }
  std::uint64_t frames_per_bin() const { return frames_per_bin_; }

 private:
  std::uint64_t frames_per_bin_ = 1;
  std::vector<ProfileBin> bins_;
};

/// A moment of it.
struct LiveCounts {
  std::uint64_t peaks = 0;
  std::array<std::uint64_t, flag_facts.size()> flagged{};  ///< peaks with each flag of flag_facts
  std::array<std::uint64_t, drop_reason_names.size()>
      dropped{};  ///< by DropReason; `missing` never came at all
  /// Of those that came.
  std::uint64_t dropped_total() const;
  double omega_deg = 0;  ///< of the frame that came last; NaN: not known
  std::optional<AnomalySummary> anomaly;
  std::shared_ptr<const AnomalyBaseline> baseline;
};

/// Counts along with a scan. Frames are scored in their order, as the file does it, but a frame that does not come is
/// waited for only while a thousand later ones are there.
class LiveScan final : public FrameObserver {
 public:
  /// `scored`: the pipeline scores frames.
  LiveScan(const ScanHeader& header, bool scored, PreviewSampler& preview);

  void on_frame(const std::shared_ptr<const ScanHeader>& header, const Frame& frame) override;
  void on_result(const ScanHeader& header, const Envelope& envelope) override;

  LiveCounts counts() const;
  PeakProfile profile() const;
  /// When the last frame came or went, on the steady clock. Any thread.
  std::chrono::steady_clock::time_point last_frame() const { return last_frame_; }
  std::chrono::steady_clock::time_point last_result() const { return last_result_; }

 private:
  struct Scored {
    double omega_deg = 0;
    std::shared_ptr<const FrameAnomaly> anomaly;  ///< null: not scored
  };
  void count_flags(std::span<const Peak> peaks);
  void score_in_order(const Envelope& envelope);

  PreviewSampler& preview_;
  const bool scored_;
  const double first_omega_deg_;
  std::atomic<std::chrono::steady_clock::time_point> last_frame_{std::chrono::steady_clock::now()};
  std::atomic<std::chrono::steady_clock::time_point> last_result_{std::chrono::steady_clock::now()};
  std::atomic<double> omega_deg_;
  mutable std::mutex mutex_;
  std::uint64_t peaks_ = 0;
  std::array<std::uint64_t, flag_facts.size()> flagged_{};
  std::array<std::uint64_t, drop_reason_names.size()> dropped_{};
  PeakProfile profile_;
  std::optional<ScanTally> tally_;
  std::shared_ptr<const AnomalyBaseline> baseline_;
  std::map<std::uint64_t, Scored> waiting_;
  std::uint64_t next_frame_ = 0;
};

}  // namespace braggd
