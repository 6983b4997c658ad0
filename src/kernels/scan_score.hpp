// The score of a scan, growing frame by frame.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <braggd/anomaly.hpp>

#include "kernels/rei_score.hpp"

namespace braggd {

/// One stretch of the rotation: its own counts, and the score of the scan up to its end.
struct SectorScore {
  double omega_deg = 0;  ///< middle of its scored frames
  std::uint64_t last_frame = 0;
  ReiCounts counts;
  double running_rei = 0, running_rei_error = 0;
  double sigmas_above_baseline = 0;  ///< of the running score; NaN without a null distribution
  double running_jsd = 0;
  double jsd_sigmas_above_baseline = 0;  ///< the same of the clusters' distance
};

struct ScanScore {
  ReiCounts counts;
  std::vector<SectorScore> sectors;
  double jsd = std::numeric_limits<double>::quiet_NaN();  ///< of the clusters against the baseline's
  AnomalyDecision decision = AnomalyDecision::undecided;
  std::uint64_t changed_frame = no_frame;  ///< at which it became significant

  AnomalySummary summary(const std::string& model_id) const;
};

/// 8 n JSD^2 / (clusters - 1), n half the harmonic mean of the patches of both: about 1 where both are drawn from the same
/// shares, independently (JSD^2 is an eighth of chi-square then). NaN without patches or with fewer than two clusters in the
/// baseline.
double jsd_over_expected(const AnomalyBaseline& baseline, std::uint64_t n_patches, double jsd);

/// Fills in what the verdicts on a frame's patches amount to.
void count_verdicts(std::span<const ReiVerdict> verdicts, double threshold, FrameAnomaly& frame);

/// Adds frames up. They must come in their order, so that sectors and decision do not depend on who finished first;
/// frames without a score are simply not added.
///
/// The decision: at the end of each sector the running score p of n patches lies
///   z = (p - mean) / sqrt(sd^2 + overdispersion p0 (1 - p0) / n),   p0 = (n mean + 1) / (n + 2),
/// above the null distribution, and the distance of its clusters from the baseline's by
///   z = (x^(1/3) - 1 + q) / sqrt(q),   x = jsd_over_expected / jsd_overdispersion,   q = 2 / (9 (clusters - 1)),
/// which is normal where x follows chi-square (Wilson & Hilferty 1931, PNAS 17, 684). New kinds of patches that some cluster
/// claims move only the second; of the two the larger z counts. Changed: z > changed_sigma in the last changed_sectors
/// sectors at least; the frame is the one that ended the first such row of sectors. Normal: at the end the score's z is at
/// most changed_sigma / 2 and that of the clusters at most changed_sigma. Else, with fewer than min_patches patches, or
/// without a null distribution: undecided.
class ScanTally {
 public:
  /// `first_omega_deg`: where sectors begin to be counted; NaN for 0.
  ScanTally(std::shared_ptr<const AnomalyBaseline> baseline, double first_omega_deg);

  /// The next frame that was scored. Without an omega, a sector is 40 frames. Throws std::invalid_argument for a
  /// cluster that the baseline does not have.
  void add(std::uint64_t frame, double omega_deg, const FrameAnomaly& anomaly);

  const AnomalyBaseline& baseline() const { return *baseline_; }
  /// The frame at which a change became significant, as far as whole sectors tell; no_frame: none has.
  std::uint64_t changed_frame() const { return score_.changed_frame; }
  /// The score so far, the sector in progress counted as if it ended here.
  ScanScore score() const;

 private:
  struct Open {
    std::int64_t sector = 0;
    double first_omega_deg = 0, last_omega_deg = 0;
    std::uint64_t last_frame = 0;
    ReiCounts counts;
  };
  std::int64_t sector_of(std::uint64_t frame, double omega_deg) const;
  void close(const Open& open);

  std::shared_ptr<const AnomalyBaseline> baseline_;
  double first_omega_deg_;
  std::optional<Open> open_;
  ScanScore score_;
  std::uint32_t sectors_above_ = 0;  ///< in a row, up to the last one that was closed
};

}  // namespace braggd
