#include "simulation/smeared_spot.hpp"

#include <algorithm>
#include <cmath>

namespace braggd {
namespace {

constexpr int parts_of_smeared_spot = 16;

}  // namespace

std::vector<PatchPlace> places_of_parts(double row, double col, double tail_px, double tail_rad) {
  if (tail_px == 0) return {{row, col}};
  std::vector<double> offsets_px;
  double sum_px = 0;
  for (int i = 0; i < parts_of_smeared_spot; ++i) {
    offsets_px.push_back(-tail_px * std::log(1 - (i + 0.5) / parts_of_smeared_spot));
    sum_px += offsets_px.back();
  }
  std::vector<PatchPlace> places;
  for (const double offset_px : offsets_px) {
    const double from_mean_px = offset_px - sum_px / parts_of_smeared_spot;
    places.push_back({row + from_mean_px * std::sin(tail_rad), col + from_mean_px * std::cos(tail_rad)});
  }
  return places;
}

double highest_pixel(const SpotShape& shape, const std::vector<PatchPlace>& places) {
  std::vector<SpotProfile> parts;
  double row = 0, col = 0;
  const auto n = static_cast<double>(places.size());
  for (const PatchPlace& at : places) {
    parts.emplace_back(shape, at.row, at.col, share_within_cut(shape) / n);
    row += at.row / n;
    col += at.col / n;
  }
  if (parts.size() == 1) return parts.front().peak();
  constexpr int reach_px = 3;  // the mode lies less than the longest tail from the mean
  double highest = 0;
  for (int r = -reach_px; r <= reach_px; ++r) {
    for (int c = -reach_px; c <= reach_px; ++c) {
      double sum = 0;
      for (const SpotProfile& part : parts)
        sum += part.pixel(std::nearbyint(row) + r, std::nearbyint(col) + c);
      highest = std::max(highest, sum);
    }
  }
  return highest;
}

}  // namespace braggd
