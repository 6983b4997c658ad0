#include "kernels/locate_rule.hpp"

namespace braggd {
namespace {

// In thresholds: below it squared weights are better than those above the threshold.
constexpr double dim_for_centroid = 5;

}  // namespace

LocateBy best_estimator(const PeakFacts& peak, bool has_network) {
  if (peak.saturated) return LocateBy::fit;
  if (has_network) return LocateBy::network;
  if (peak.cut || peak.overlapped || peak.wide) return LocateBy::fit;
  return peak.height < dim_for_centroid ? LocateBy::centroid_squared : LocateBy::centroid_above;
}

}  // namespace braggd
