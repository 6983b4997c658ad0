#include "kernels/error_by_height.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace braggd {

namespace {

/// The greatest that is positive, NaN left out; else 0. 16 maxima beside each other, so that the compiler may keep them in one
/// register.
float greatest(std::span<const float> values) {
  constexpr std::size_t lanes = 16;
  std::array<float, lanes> high{};
  const std::size_t whole = values.size() / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    for (std::size_t k = 0; k < lanes; ++k) high[k] = values[i + k] > high[k] ? values[i + k] : high[k];
  }
  for (std::size_t i = whole; i < values.size(); ++i) high[0] = values[i] > high[0] ? values[i] : high[0];
  return *std::ranges::max_element(high);
}

}  // namespace

float ErrorByHeight::of(std::span<const float> mask) const {
  if (knots.empty()) return 0;
  return at(-2 * std::log(std::clamp(greatest(mask), 1e-3F, 1.0F)));
}

float ErrorByHeight::at(float log_height) const {
  float added = offset;
  for (std::size_t k = 0; k < knots.size(); ++k) added += slopes[k] * std::max(log_height - knots[k], 0.0F);
  return added;
}

float ErrorByNoise::factor(std::span<const float> patch, double threshold, const NoiseModel& noise) const {
  const float highest = greatest(patch);
  if (!(highest > 0) || !(threshold > 0)) return 1;
  const auto log_height = static_cast<float>(std::log(double{highest} / threshold));
  const auto log_noise = static_cast<float>(log_relative_error(double{highest}, noise));
  const ErrorByHeight& by_height = reaches_border(patch) ? of_cut : of_whole;
  return std::exp(by_height.at(log_height) + exponent * log_noise);
}

bool reaches_border(std::span<const float> patch) {
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(patch.size()))));
  const auto positive = [](float value) { return value > 0; };
  bool reaches =
      std::ranges::any_of(patch.first(side), positive) || std::ranges::any_of(patch.last(side), positive);
  for (std::size_t row = 1; row + 1 < side; ++row)
    reaches = reaches || positive(patch[row * side]) || positive(patch[row * side + side - 1]);
  return reaches;
}

ErrorByHeight line_through(std::span<const float> knots, std::span<const float> values) {
  ErrorByHeight line;
  if (knots.empty()) return line;
  line.offset = values.front();
  float slope_before = 0;
  for (std::size_t k = 0; k < knots.size(); ++k) {
    const bool last = k + 1 == knots.size();
    const float slope = last ? 0 : (values[k + 1] - values[k]) / (knots[k + 1] - knots[k]);
    line.knots.push_back(knots[k]);
    line.slopes.push_back(slope - slope_before);
    slope_before = slope;
  }
  return line;
}

}  // namespace braggd
