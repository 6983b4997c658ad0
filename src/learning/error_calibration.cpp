#include "learning/error_calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace braggd {

namespace {

constexpr double within_one_sigma_share = 0.6827;
constexpr double least_weight = 50;      // of the coordinates at a height
constexpr double nearest_errors = 1e-4;  // of a coordinate that is right by chance
constexpr std::array<float, 10> heights{1.5F, 2.5F, 4, 6, 10, 16, 30, 60, 120, 300};  // in thresholds

/// One coordinate of a patch.
struct Miss {
  float log_height;
  double log_errors;  ///< logarithm of the distance to the truth in stated errors
};

std::vector<Miss> misses_of(const TrainingPatches& patches, std::span<const PatchPosition> places) {
  std::vector<Miss> misses;
  for (std::size_t i = 0; i < places.size(); ++i) {
    float highest = 0;
    for (const float count : patches.patch(i)) highest = count > highest ? count : highest;
    if (!(highest > 0)) continue;
    const float log_height = std::log(highest / patches.thresholds[i]);
    const auto add = [&](float place, float truth, float error) {
      const double off = static_cast<double>(std::abs(place - truth)) / static_cast<double>(error);
      misses.push_back({log_height, std::log(std::max(off, nearest_errors))});
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

}  // namespace

ErrorByHeight calibrate_errors(const TrainingPatches& patches, std::span<const PatchPosition> places) {
  const std::vector<Miss> misses = misses_of(patches, places);
  std::array<float, heights.size()> knots;
  std::ranges::transform(heights, knots.begin(), [](float height) { return std::log(height); });
  std::vector<float> known, values;
  for (std::size_t k = 0; k < knots.size(); ++k) {
    double all = 0;
    for (const Miss& miss : misses) all += weight_at(knots, k, miss.log_height);
    if (all < least_weight) continue;
    double below = 0;
    const auto at = std::ranges::find_if(misses, [&](const Miss& miss) {
      below += weight_at(knots, k, miss.log_height);
      return below >= within_one_sigma_share * all;
    });
    known.push_back(knots[k]);
    values.push_back(static_cast<float>(at == misses.end() ? misses.back().log_errors : at->log_errors));
  }
  return line_through(known, values);
}

}  // namespace braggd
