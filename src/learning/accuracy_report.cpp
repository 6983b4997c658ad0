#include "learning/accuracy_report.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace braggd {

namespace {

std::string number(double value, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), " %.*f", decimals, value);
  return text.data();
}

std::string head_of(const std::vector<ClassAccuracy>& groups, bool with_time) {
  std::string text = "| |";
  std::string line = "| --- |";
  for (const ClassAccuracy& group : groups) {
    text += " " + group.name + " (" + std::to_string(group.n_patches) + ") |";
    line += " --- |";
  }
  if (with_time) {
    text += " us |";
    line += " --- |";
  }
  return text + "\n" + line + "\n";
}

std::string row_of(const JudgedEstimator& estimator, const std::vector<ClassAccuracy>& groups,
                   bool with_time) {
  std::string text = "| " + estimator.name + " |";
  for (const ClassAccuracy& group : groups) {
    for (const double px : {group.mean_px, group.median_px, group.p75_px, group.p95_px})
      text += number(px, 4);
    text += " |";
  }
  if (with_time) text += std::isnan(estimator.us_per_patch) ? " |" : number(estimator.us_per_patch, 1) + " |";
  return text + "\n";
}

std::string row_of_errors(const std::vector<double>& shares) {
  std::string text = "| its errors: share within one sigma |";
  for (const double share : shares) text += std::isnan(share) ? " |" : number(share, 3) + " |";
  return text + " |\n";
}

}  // namespace

std::string accuracy_table(const JudgingPatches& patches, std::span<const JudgedEstimator> estimators,
                           const PatchGroups& groups, bool with_errors) {
  std::string text;
  for (const JudgedEstimator& estimator : estimators) {
    if (estimator.only_errors && !with_errors) continue;
    const std::vector<ClassAccuracy> rows = accuracy_by(patches, estimator.places, groups);
    if (text.empty()) text = head_of(rows, with_errors);
    text += row_of(estimator, rows, with_errors);
    if (!with_errors) continue;
    const std::vector<double> shares = within_one_sigma(patches, estimator.places, groups);
    if (!shares.empty()) text += row_of_errors(shares);
  }
  return text;
}

}  // namespace braggd
