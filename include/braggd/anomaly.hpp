// How far a scan has moved away from a baseline: what stages say of a frame, and what it is held against.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace braggd {

inline constexpr std::uint16_t no_cluster = std::numeric_limits<std::uint16_t>::max();

/// What scans are held against. The rare event indicator (REI) of a scan is the share of its patches whose confidence is
/// below `threshold`; repeats of the baseline say how much it varies by itself.
struct AnomalyBaseline {
  std::string model_id;
  double threshold = 0.4;
  std::vector<double> histogram;  ///< shares of the baseline's patches by cluster
  std::uint64_t n_patches = 0;    ///< of the baseline
  double rei_mean =
      std::numeric_limits<double>::quiet_NaN();  ///< over repeats of the baseline; NaN: there are none
  double rei_sd = std::numeric_limits<double>::quiet_NaN();
  double overdispersion =
      1;  ///< variance of a part's REI over the binomial one; patches of a spot come together
  double jsd_overdispersion =
      std::numeric_limits<double>::quiet_NaN();  ///< the same of the clusters' distance; NaN: not known

  double sector_deg = 10;             ///< rotation after which a running score is drawn up
  double changed_sigma = 4;           ///< a scan has changed from here on …
  std::uint32_t changed_sectors = 2;  ///< … if so many sectors in a row say so
  std::uint64_t min_patches = 200;    ///< fewer decide nothing
};

enum class AnomalyDecision : std::uint8_t { undecided, normal, changed };

constexpr std::string_view name_of(AnomalyDecision decision) {
  constexpr std::array<std::string_view, 3> names{"undecided", "normal", "changed"};
  return names[static_cast<std::size_t>(decision)];
}

inline constexpr std::uint64_t no_frame = std::numeric_limits<std::uint64_t>::max();

/// What the scores of a scan's frames amount to.
struct AnomalySummary {
  std::string model_id;
  std::uint64_t n_patches = 0, n_low = 0;
  double rei = 0, rei_error = 0;  ///< NaN without patches
  double jsd = 0;                 ///< Jensen-Shannon distance of the clusters from the baseline's
  double too_big_share = 0;       ///< of components that no patch holds
  AnomalyDecision decision = AnomalyDecision::undecided;
  std::uint64_t changed_frame = no_frame;  ///< at which the change became significant
};

/// What was found in one frame.
struct FrameAnomaly {
  std::shared_ptr<const AnomalyBaseline> baseline;
  std::vector<std::uint16_t> clusters;  ///< of each patch
  std::uint32_t n_low = 0;              ///< patches whose confidence is below the threshold
  std::uint32_t n_too_big = 0;          ///< components that no patch holds
  std::uint64_t too_big_pixels = 0;
};

}  // namespace braggd
