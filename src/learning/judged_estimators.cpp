#include <cmath>
#include <ctime>
#include <functional>

#include "kernels/locate_rule.hpp"
#include "learning/accuracy_report.hpp"
#include "simulation/random.hpp"

namespace braggd {

namespace {

constexpr std::uint64_t bound_seed = 1;

using Locate = std::function<PatchPosition(std::size_t)>;

double processor_us(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC;
}

JudgedEstimator judged(std::string name, const JudgingPatches& patches, const Locate& locate) {
  JudgedEstimator result{std::move(name), {}, 0};
  const std::clock_t begin = std::clock();
  for (std::size_t i = 0; i < patches.size(); ++i) result.places.push_back(locate(i));
  result.us_per_patch = processor_us(begin) / static_cast<double>(patches.size());
  return result;
}

JudgedEstimator judged(const JudgedNetwork& one, bool noise_known, const JudgingPatches& patches) {
  const std::clock_t begin = std::clock();
  JudgedEstimator result{one.name + (noise_known ? "" : ", noise not known"),
                         places_of(patches, network_estimator(*one.network, noise_known)), 0, !noise_known};
  result.us_per_patch = processor_us(begin) / static_cast<double>(patches.size());
  return result;
}

/// What was found while the patches were made: nobody measured the time.
JudgedEstimator known(std::string name, const JudgingPatches& patches, const Locate& locate) {
  JudgedEstimator result = judged(std::move(name), patches, locate);
  result.us_per_patch = std::nan("");
  return result;
}

PatchPosition position_of(const WeightedCentroid& centroid, std::uint32_t patch_px) {
  const auto middle = static_cast<float>(patch_px / 2);
  if (std::isnan(centroid.row) || std::isnan(centroid.col)) return {middle, middle};
  return {static_cast<float>(centroid.row), static_cast<float>(centroid.col),
          static_cast<float>(centroid.row_error), static_cast<float>(centroid.col_error)};
}

void add_centroids(const JudgingPatches& patches, std::vector<JudgedEstimator>& all) {
  struct Named {
    CentroidWeight weight;
    const char* name;
  };
  constexpr Named weights[] = {{CentroidWeight::intensity, "weights x"},
                               {CentroidWeight::above_threshold, "weights x - threshold"},
                               {CentroidWeight::squared, "weights x^2"}};
  for (const auto& [kind, name] : weights) {
    all.push_back(
        judged("centroid of the patch, " + std::string(name), patches, [&, weight = kind](std::size_t i) {
          const PatchTruth& truth = patches.truths[i];
          return position_of(patch_centroid(patches.patch(i), patches.patch_px, weight,
                                            double{truth.threshold}, noise_of(truth)),
                             patches.patch_px);
        }));
  }
  for (const auto& [kind, name] : weights) {
    all.push_back(
        known("centroid of the share, " + std::string(name), patches, [&, weight = kind](std::size_t i) {
          return position_of(patches.views[i].of_share[static_cast<std::size_t>(weight)], patches.patch_px);
        }));
  }
  all.push_back(known("centroid of the component, weights x", patches, [&](std::size_t i) {
    return position_of(patches.views[i].of_component.front(), patches.patch_px);
  }));
}

PatchPosition otherwise(const JudgingPatches& patches, std::size_t i) {
  constexpr auto above = static_cast<std::size_t>(CentroidWeight::above_threshold);
  PatchPosition place = position_of(patches.views[i].of_share[above], patches.patch_px);
  place.row_error = place.col_error = std::nanf("");
  return place;
}

/// The pixel of the second spot's centre, where the patch shows it.
std::optional<PatchPlace> true_neighbour(const JudgingPatches& patches, std::size_t i) {
  const PatchTruth& truth = patches.truths[i];
  const double middle = patches.patch_px / 2;
  const double reach = middle + 0.49;
  if (!(std::abs(truth.other_row - middle) < reach && std::abs(truth.other_col - middle) < reach)) return {};
  return PatchPlace{std::round(truth.other_row), std::round(truth.other_col)};
}

PatchPosition fitted(const JudgingPatches& patches, std::size_t i, const NoiseModel& noise,
                     std::optional<PatchPlace> other) {
  const double middle = patches.patch_px / 2;
  const SpotFit fit = fit_spot(patches.patch(i), patches.patch_px, double{patches.thresholds[i]}, noise,
                               {middle, middle}, other);
  if (fit.outcome != FitOutcome::converged) return otherwise(patches, i);
  return {static_cast<float>(fit.place.row), static_cast<float>(fit.place.col),
          static_cast<float>(fit.row_error), static_cast<float>(fit.col_error)};
}

void add_fits(const JudgingPatches& patches, std::vector<JudgedEstimator>& all) {
  all.push_back(judged("fit of one spot", patches,
                       [&](std::size_t i) { return fitted(patches, i, noise_of(patches.truths[i]), {}); }));
  all.push_back(judged("fit with the neighbour that a maximum shows", patches, [&](std::size_t i) {
    return fitted(patches, i, noise_of(patches.truths[i]), patches.views[i].other_maximum);
  }));
  all.push_back(judged("the same, noise not known", patches, [&](std::size_t i) {
    return fitted(patches, i, {}, patches.views[i].other_maximum);
  }));
  all.push_back(judged("fit with the neighbour that is there", patches, [&](std::size_t i) {
    return fitted(patches, i, noise_of(patches.truths[i]), true_neighbour(patches, i));
  }));
}

JudgedEstimator chosen(std::string name, const JudgingPatches& patches, const JudgedEstimator& fit,
                       const JudgedEstimator* network) {
  return known(std::move(name), patches, [&](std::size_t i) {
    const LocateBy by = best_estimator(patches.views[i].facts, network != nullptr);
    if (by == LocateBy::fit) return fit.places[i];
    if (by == LocateBy::network) return network->places[i];
    const auto weight = static_cast<std::size_t>(by) - static_cast<std::size_t>(LocateBy::centroid);
    return position_of(patches.views[i].of_share[weight], patches.patch_px);
  });
}

/// True places with errors drawn from the bound.
JudgedEstimator efficient(const JudgingPatches& patches) {
  return known("Cramer-Rao bound", patches, [&](std::size_t i) {
    const PlaceCovariance& bound = patches.bounds[i];
    Random random(bound_seed, RandomStream::order, i);
    const double along_row = std::sqrt(bound.row_row);
    const double slope = bound.row_col / along_row;
    const double rest = std::sqrt(std::max(bound.col_col - slope * slope, 0.0));
    const double first = random.normal(), second = random.normal();
    return PatchPosition{patches.rows[i] + static_cast<float>(along_row * first),
                         patches.cols[i] + static_cast<float>(slope * first + rest * second)};
  });
}

}  // namespace

std::vector<JudgedEstimator> judge_all(const JudgingPatches& patches,
                                       std::span<const JudgedNetwork> networks) {
  std::vector<JudgedEstimator> all;
  add_centroids(patches, all);
  const std::size_t first_fit = all.size();
  add_fits(patches, all);
  const JudgedEstimator fit = all[first_fit + 1];
  const std::size_t first_network = all.size();
  for (const JudgedNetwork& one : networks) all.push_back(judged(one, true, patches));
  for (const JudgedNetwork& one : networks) {
    if (one.network->manifest().errors_by_noise) all.push_back(judged(one, false, patches));
  }
  all.push_back(chosen("auto, without a network", patches, fit, nullptr));
  if (!networks.empty()) {
    const JudgedEstimator network = all[first_network];
    all.push_back(chosen("auto, with " + network.name, patches, fit, &network));
  }
  if (!patches.bounds.empty()) all.push_back(efficient(patches));
  return all;
}

}  // namespace braggd
