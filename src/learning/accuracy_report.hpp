// How far every estimator of a peak's place is off, beside each other.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "learning/accuracy.hpp"

namespace braggd {

/// What an estimator made of a set of patches.
struct JudgedEstimator {
  std::string name;
  std::vector<PatchPosition> places;
  double us_per_patch = 0;   ///< of processor time; NaN: it says nothing
  bool only_errors = false;  ///< its places are those of another: it has no row without its errors
};

/// The network of a bundle, by the name that the report gives it.
struct JudgedNetwork {
  std::string name;
  const PeakNetwork* network = nullptr;
};

/// Every estimator on the same patches: centroids of the patch (as far as it shows the component), of the peak's share of
/// its component and of the whole component; the fit, with and without the noise known, alone, with the neighbour that
/// the pixels show and with the one that is there; networks, with and without the noise known; the choice for each peak
/// (best_estimator) with the first network and without; and an estimator without bias that reaches the Cramer-Rao bound,
/// where there is one. Without an answer an estimator has the peak's share's centroid above the threshold.
std::vector<JudgedEstimator> judge_all(const JudgingPatches& patches,
                                       std::span<const JudgedNetwork> networks);

/// A table in Markdown: an estimator a row, and a row for its stated errors where `with_errors`; a group a column: mean,
/// median, 75 % and 95 % of the distance to the truth in px. Empty groups have no column.
std::string accuracy_table(const JudgingPatches& patches, std::span<const JudgedEstimator> estimators,
                           const PatchGroups& groups, bool with_errors);

}  // namespace braggd
