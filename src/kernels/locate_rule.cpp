#include "kernels/locate_rule.hpp"

namespace braggd {
namespace {

// In thresholds. Above, the fit of a whole spot by itself is better than the network, or than the centroid above the
// threshold; below `dim` squared weights are better than those.
constexpr double too_bright_for_network = 50, too_bright_for_centroid = 20, dim = 5;

}  // namespace

LocateBy best_estimator(const PeakFacts& peak, bool has_network) {
  if (peak.saturated) return LocateBy::fit;
  const bool whole = !peak.cut && !peak.overlapped && !peak.wide;
  if (has_network) {
    return whole && peak.height > too_bright_for_network ? LocateBy::fit : LocateBy::network;
  }
  if (!whole || peak.height > too_bright_for_centroid) return LocateBy::fit;
  return peak.height < dim ? LocateBy::centroid_squared : LocateBy::centroid_above;
}

}  // namespace braggd
