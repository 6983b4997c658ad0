#include "learning/accuracy.hpp"

#include <algorithm>
#include <cmath>

namespace braggd {

namespace {

double percentile(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

ClassAccuracy summary(std::string name, std::vector<double> errors) {
  std::sort(errors.begin(), errors.end());
  double sum = 0;
  for (const double error : errors) sum += error;
  return {std::move(name),
          errors.size(),
          sum / static_cast<double>(errors.size()),
          percentile(errors, 0.5),
          percentile(errors, 0.75),
          percentile(errors, 0.95)};
}

}  // namespace

std::vector<PatchPosition> places_of(const TrainingPatches& patches, const Estimator& estimator) {
  std::vector<PatchPosition> places(patches.size());
  estimator(patches, places);
  return places;
}

std::vector<ClassAccuracy> accuracy_by(const TrainingPatches& patches, std::span<const PatchPosition> places,
                                       const PatchGroups& groups) {
  std::vector<std::vector<double>> errors(groups.names.size());
  std::vector<double> all;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (groups.of[i] == PatchGroups::none) continue;
    const double off = std::hypot(static_cast<double>(places[i].row - patches.rows[i]),
                                  static_cast<double>(places[i].col - patches.cols[i]));
    errors[groups.of[i]].push_back(off);
    all.push_back(off);
  }
  std::vector<ClassAccuracy> rows;
  for (std::size_t c = 0; c < errors.size(); ++c) {
    if (!errors[c].empty()) rows.push_back(summary(groups.names[c], std::move(errors[c])));
  }
  if (!all.empty()) rows.push_back(summary("all", std::move(all)));
  return rows;
}

std::vector<ClassAccuracy> judge(const TrainingPatches& patches, const Estimator& estimator) {
  return accuracy_by(patches, places_of(patches, estimator), groups_by_class(patches));
}

std::vector<double> within_one_sigma(const TrainingPatches& patches, std::span<const PatchPosition> places,
                                     const PatchGroups& groups) {
  std::vector<double> within(groups.names.size() + 1, 0.0), stated = within;
  std::vector<bool> has_patches(within.size(), false);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (groups.of[i] == PatchGroups::none) continue;
    for (const std::size_t c : {groups.of[i], groups.names.size()}) {
      has_patches[c] = true;
      if (std::isnan(places[i].row_error)) continue;
      within[c] += (std::abs(places[i].row - patches.rows[i]) < places[i].row_error ? 1.0 : 0.0) +
                   (std::abs(places[i].col - patches.cols[i]) < places[i].col_error ? 1.0 : 0.0);
      stated[c] += 2;
    }
  }
  if (stated.back() == 0) return {};
  std::vector<double> shares;
  for (std::size_t c = 0; c < within.size(); ++c) {
    if (has_patches[c]) shares.push_back(within[c] / stated[c]);
  }
  return shares;
}

Estimator network_estimator(const PeakNetwork& network, bool noise_known) {
  return [&network, noise_known](const TrainingPatches& patches, std::span<PatchPosition> places) {
    const NoiseModel unknown;
    network.locate(patches.pixels, patches.thresholds,
                   noise_known ? std::span(patches.noises) : std::span(&unknown, 1), places);
  };
}

Estimator centroid_estimator(CentroidWeight weight) {
  return [weight](const TrainingPatches& patches, std::span<PatchPosition> places) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      const WeightedCentroid found = patch_centroid(patches.patch(i), patches.patch_px, weight,
                                                    double{patches.thresholds[i]}, NoiseModel{});
      const auto middle = static_cast<float>(patches.patch_px / 2);
      places[i] = {std::isnan(found.row) ? middle : static_cast<float>(found.row),
                   std::isnan(found.col) ? middle : static_cast<float>(found.col)};
    }
  };
}

}  // namespace braggd
