#include "learning/error_calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/noise_model.hpp"

namespace braggd {

namespace {

constexpr double within_one_sigma_share = 0.6827;
constexpr double least_weight = 50;      // of the coordinates at a height
constexpr double nearest_errors = 1e-4;  // of a coordinate that is right by chance
constexpr std::array<float, 10> heights{1.5F, 2.5F, 4, 6, 10, 16, 30, 60, 120, 300};  // in thresholds

/// One coordinate of a patch.
struct Miss {
  float log_height, log_noise;
  bool cut;
  double log_errors;  ///< logarithm of the distance to the truth in stated errors
};

/// In ascending order of log_errors.
std::vector<Miss> misses_of(const TrainingPatches& patches, std::span<const PatchPosition> places) {
  std::vector<Miss> misses;
  for (std::size_t i = 0; i < places.size(); ++i) {
    float highest = 0;
    for (const float count : patches.patch(i)) highest = count > highest ? count : highest;
    if (!(highest > 0)) continue;
    const float log_height = std::log(highest / patches.thresholds[i]);
    const auto log_noise = static_cast<float>(log_relative_error(double{highest}, patches.noises[i]));
    const bool cut = reaches_border(patches.patch(i));
    const auto add = [&](float place, float truth, float error) {
      const double off = static_cast<double>(std::abs(place - truth)) / static_cast<double>(error);
      misses.push_back({log_height, log_noise, cut, std::log(std::max(off, nearest_errors))});
    };
    add(places[i].row, patches.rows[i], places[i].row_error);
    add(places[i].col, patches.cols[i], places[i].col_error);
  }
  std::ranges::sort(misses, {}, &Miss::log_errors);
  return misses;
}

/// 1 at the knot, falling to 0 at its neighbours; all beyond the first or the last count as at it.
double weight_at(std::span<const float> knots, std::size_t k, float at) {
  const float x = std::clamp(at, knots.front(), knots.back());
  if (x == knots[k]) return 1;
  const bool above = x > knots[k];
  const float neighbour = above ? knots[k + 1] : knots[k - 1];
  return std::max(0.0, 1 - static_cast<double>((x - knots[k]) / (neighbour - knots[k])));
}

/// A line through what `value_of` makes of the misses about each height, given how much each of them counts; none where
/// they are too few.
template <class ValueOf>
ErrorByHeight line_by_height(std::span<const Miss> misses, const ValueOf& value_of) {
  std::array<float, heights.size()> knots;
  std::ranges::transform(heights, knots.begin(), [](float height) { return std::log(height); });
  std::vector<float> known, values;
  std::vector<double> weights(misses.size());
  for (std::size_t k = 0; k < knots.size(); ++k) {
    std::ranges::transform(misses, weights.begin(),
                           [&](const Miss& miss) { return weight_at(knots, k, miss.log_height); });
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    if (all < least_weight) continue;
    known.push_back(knots[k]);
    values.push_back(static_cast<float>(value_of(weights, all)));
  }
  return line_through(known, values);
}

/// The errors within which the share lies. `misses` ascend.
ErrorByHeight errors_by_height(std::span<const Miss> misses) {
  return line_by_height(misses, [&](std::span<const double> weights, double all) {
    double below = 0;
    std::size_t i = 0;
    while (i + 1 < misses.size() && (below += weights[i]) < within_one_sigma_share * all) ++i;
    return misses[i].log_errors;
  });
}

ErrorByHeight mean_noise_by_height(std::span<const Miss> misses) {
  return line_by_height(misses, [&](std::span<const double> weights, double all) {
    double sum = 0;
    for (std::size_t i = 0; i < misses.size(); ++i)
      sum += weights[i] * static_cast<double>(misses[i].log_noise);
    return sum / all;
  });
}

/// How fast errors grow with the noise: of misses that are noisier than is usual at their height, and of the others.
float growth_with_noise(std::span<const Miss> misses) {
  const ErrorByHeight usual = mean_noise_by_height(misses);
  std::array<std::vector<Miss>, 2> halves;
  for (const Miss& miss : misses) halves[miss.log_noise > usual.at(miss.log_height) ? 1 : 0].push_back(miss);
  const auto apart = [&](ErrorByHeight (*line_of)(std::span<const Miss>)) {
    const ErrorByHeight quiet = line_of(halves[0]), noisy = line_of(halves[1]);
    double sum = 0;
    for (const Miss& miss : misses)
      sum += static_cast<double>(noisy.at(miss.log_height) - quiet.at(miss.log_height));
    return sum;
  };
  const double noise = apart(mean_noise_by_height);
  return noise > 0 ? static_cast<float>(apart(errors_by_height) / noise) : 0;
}

}  // namespace

ErrorByHeight calibrate_errors(const TrainingPatches& patches, std::span<const PatchPosition> places) {
  return errors_by_height(misses_of(patches, places));
}

std::optional<ErrorByNoise> calibrate_errors_by_noise(const TrainingPatches& patches,
                                                      std::span<const PatchPosition> places) {
  std::vector<Miss> misses = misses_of(patches, places);
  const float exponent = growth_with_noise(misses);
  for (Miss& miss : misses) miss.log_errors -= static_cast<double>(exponent * miss.log_noise);
  std::ranges::sort(misses, {}, &Miss::log_errors);
  const auto whole =
      std::stable_partition(misses.begin(), misses.end(), [](const Miss& miss) { return miss.cut; });
  const ErrorByNoise errors{errors_by_height({whole, misses.end()}),
                            errors_by_height({misses.begin(), whole}), exponent};
  if (errors.of_whole.knots.empty() || errors.of_cut.knots.empty()) return {};
  return errors;
}

}  // namespace braggd
