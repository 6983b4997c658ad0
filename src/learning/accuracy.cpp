#include "learning/accuracy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace braggd {

namespace {

std::vector<PatchPosition> places_of(const TrainingPatches& patches, const Estimator& estimator) {
  std::vector<PatchPosition> places(patches.size());
  estimator(patches, places);
  return places;
}

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

std::vector<ClassAccuracy> judge(const TrainingPatches& patches, const Estimator& estimator) {
  const std::vector<PatchPosition> places = places_of(patches, estimator);
  std::array<std::vector<double>, patch_class_names.size()> errors;
  std::vector<double> all;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double off = std::hypot(static_cast<double>(places[i].row - patches.rows[i]),
                                  static_cast<double>(places[i].col - patches.cols[i]));
    errors[static_cast<std::size_t>(patches.classes[i])].push_back(off);
    all.push_back(off);
  }
  std::vector<ClassAccuracy> rows;
  for (std::size_t c = 0; c < errors.size(); ++c) {
    if (!errors[c].empty()) rows.push_back(summary(std::string(patch_class_names[c]), std::move(errors[c])));
  }
  if (!all.empty()) rows.push_back(summary("all", std::move(all)));
  return rows;
}

std::vector<double> within_one_sigma(const TrainingPatches& patches, const Estimator& estimator) {
  const std::vector<PatchPosition> places = places_of(patches, estimator);
  std::array<double, patch_class_names.size() + 1> within{}, n{};
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (std::isnan(places[i].row_error)) return {};
    const double hits = (std::abs(places[i].row - patches.rows[i]) < places[i].row_error ? 1.0 : 0.0) +
                        (std::abs(places[i].col - patches.cols[i]) < places[i].col_error ? 1.0 : 0.0);
    for (const std::size_t c : {static_cast<std::size_t>(patches.classes[i]), patch_class_names.size()}) {
      within[c] += hits;
      n[c] += 2;
    }
  }
  std::vector<double> shares;
  for (std::size_t c = 0; c < n.size(); ++c) {
    if (n[c] > 0) shares.push_back(within[c] / n[c]);
  }
  return shares;
}

Estimator network_estimator(const PeakNetwork& network) {
  return [&network](const TrainingPatches& patches, std::span<PatchPosition> places) {
    network.locate(patches.pixels, patches.thresholds, places);
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
