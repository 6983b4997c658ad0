#include "learning/null_distribution.hpp"

#include <algorithm>
#include <cmath>

#include <braggd/error.hpp>

namespace braggd {

NullDistribution null_distribution(std::span<const ScanScore> repeats) {
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
