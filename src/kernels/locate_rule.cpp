#include "kernels/locate_rule.hpp"

namespace braggd {
namespace {

// In thresholds: below the first a network is better than any centroid of a whole spot; below the second squared weights
// are better than those above the threshold.
constexpr double dim_for_network = 10, dim_for_centroid = 5;

}  // namespace

LocateBy best_estimator(const PeakFacts& peak, bool has_network) {
  if (peak.saturated) return LocateBy::fit;
  const bool whole = !peak.cut && !peak.overlapped && !peak.wide;
  if (!whole) return has_network ? LocateBy::network : LocateBy::fit;
  if (has_network && peak.height < dim_for_network) return LocateBy::network;
  return peak.height < dim_for_centroid ? LocateBy::centroid_squared : LocateBy::centroid_above;
}

}  // namespace braggd
