// How much the rare event indicator varies by itself.
#pragma once

#include <span>

#include "kernels/scan_score.hpp"

namespace braggd {

struct NullDistribution {
  double rei_mean = 0;            ///< over the scans
  double rei_sd = 0;              ///< of scans, beyond what the overdispersed counts of one explain
  double overdispersion = 1;      ///< variance of a sector's count over the binomial one, at least 1
  double jsd_overdispersion = 1;  ///< of the clusters' distance, at least 1; NaN where that says nothing
};

/// From scores of repeated scans of one state. Patches of one spot on neighbouring frames come together, and the sample
/// shows other grains as it turns: with REI p of a scan, n_s patches and l_s of low confidence in its sector s,
///   overdispersion = sum (l_s - n_s p)^2 / (n_s p (1 - p)) / (sectors - scans).
/// Parts of a scan show other grains than the whole: jsd_overdispersion is the greatest mean over the scans of
/// jsd_over_expected so far at the end of a sector, of those with min_patches patches at least.
/// The scans' own variance beyond overdispersion p (1 - p) / n is rei_sd^2; it is 0 for one scan. Throws InputError without
/// a scan that has patches.
NullDistribution null_distribution(std::span<const ScanScore> repeats, const AnomalyBaseline& baseline);

}  // namespace braggd
