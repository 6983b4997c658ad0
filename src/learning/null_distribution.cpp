#include "learning/null_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {

namespace {

double jsd_overdispersion(std::span<const ScanScore> repeats, const AnomalyBaseline& baseline) {
  std::size_t n_sectors = 0;
  for (const ScanScore& scan : repeats) n_sectors = std::max(n_sectors, scan.sectors.size());
  std::vector<double> sum(n_sectors), n_scans(n_sectors);
  for (const ScanScore& scan : repeats) {
    ReiCounts so_far(baseline.histogram.size());
    for (std::size_t s = 0; s < scan.sectors.size(); ++s) {
      so_far += scan.sectors[s].counts;
      if (so_far.n_patches < baseline.min_patches) continue;
      const double jsd = jensen_shannon_distance(so_far.shares(), baseline.histogram);
      sum[s] += jsd_over_expected(baseline, so_far.n_patches, jsd);
      ++n_scans[s];
    }
  }
  double greatest = 0;
  for (std::size_t s = 0; s < n_sectors; ++s) {
    if (n_scans[s] > 0) greatest = std::max(greatest, sum[s] / n_scans[s]);
  }
  return greatest > 0 ? std::max(1.0, greatest) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

NullDistribution null_distribution(std::span<const ScanScore> repeats, const AnomalyBaseline& baseline) {
  double sum = 0, squares = 0, inverse_patches = 0, scatter = 0;
  double n_scans = 0, n_sectors = 0;
  for (const ScanScore& scan : repeats) {
    if (scan.counts.n_patches == 0) continue;
    const double p = scan.counts.rei(), variance = p * (1 - p);
    ++n_scans;
    sum += p;
    squares += p * p;
    inverse_patches += 1 / static_cast<double>(scan.counts.n_patches);
    for (const SectorScore& sector : scan.sectors) {
      if (sector.counts.n_patches == 0) continue;
      const auto n = static_cast<double>(sector.counts.n_patches);
      const double off = static_cast<double>(sector.counts.n_low) - n * p;
      scatter += variance > 0 ? off * off / (n * variance) : 1;
      ++n_sectors;
    }
  }
  if (n_scans == 0)
    throw InputError("the scans of the baseline have no patches: lower the threshold of the pipeline");
  NullDistribution null;
  null.jsd_overdispersion = jsd_overdispersion(repeats, baseline);
  null.rei_mean = sum / n_scans;
  if (n_sectors > n_scans) null.overdispersion = std::max(1.0, scatter / (n_sectors - n_scans));
  if (n_scans > 1) {
    const double between = (squares - sum * null.rei_mean) / (n_scans - 1);
    const double counted =
        null.overdispersion * null.rei_mean * (1 - null.rei_mean) * inverse_patches / n_scans;
    null.rei_sd = std::sqrt(std::max(0.0, between - counted));
  }
  return null;
}

}  // namespace braggd
