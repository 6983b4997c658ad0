#include "learning/patch_views.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace braggd {

namespace {

constexpr double erased_share = 0.2;
constexpr double least_area_px = rei_patch_pixels / 15.0, most_area_px = 4 * least_area_px;
constexpr int side_px = rei_patch_px, middle_px = side_px / 2;

// At most 11 px in a direction, so a box always fits.
ErasedBox draw_box(Random& random) {
  const double area_px = random.uniform(least_area_px, most_area_px);
  const double ratio = std::exp(random.uniform(-std::numbers::ln2, std::numbers::ln2));
  ErasedBox box;
  box.n_rows = static_cast<std::uint32_t>(std::lround(std::sqrt(area_px * ratio)));
  box.n_cols = static_cast<std::uint32_t>(std::lround(std::sqrt(area_px / ratio)));
  box.row = static_cast<std::uint32_t>(random.below(rei_patch_px - box.n_rows + 1));
  box.col = static_cast<std::uint32_t>(random.below(rei_patch_px - box.n_cols + 1));
  return box;
}

bool holds(const ErasedBox& box, int row, int col) {
  const auto r = static_cast<std::uint32_t>(row), c = static_cast<std::uint32_t>(col);
  return r - box.row < box.n_rows && c - box.col < box.n_cols;
}

int nearest(double offset_px) {
  return static_cast<int>(std::floor(offset_px + 0.5)) + middle_px;
}

}  // namespace

PatchView draw_view(Random& random) {
  PatchView view;
  view.mirror_cols = random.below(2) == 1;
  view.mirror_rows = random.below(2) == 1;
  if (random.uniform() < erased_share) view.erased = draw_box(random);
  view.turn_rad = random.uniform(-std::numbers::pi, std::numbers::pi);
  return view;
}

void show_patch(const PatchView& view, std::span<const float> patch, std::span<float> shown) {
  const double cosine = std::cos(view.turn_rad), sine = std::sin(view.turn_rad);
  for (int row = 0; row < side_px; ++row) {
    for (int col = 0; col < side_px; ++col) {
      const double down = row - middle_px, right = col - middle_px;
      int from_row = nearest(right * sine + down * cosine);
      int from_col = nearest(right * cosine - down * sine);
      float& pixel = shown[static_cast<std::size_t>(row * side_px + col)];
      pixel = 0;
      if (from_row < 0 || from_row >= side_px || from_col < 0 || from_col >= side_px) continue;
      if (holds(view.erased, from_row, from_col)) continue;
      if (view.mirror_rows) from_row = side_px - 1 - from_row;
      if (view.mirror_cols) from_col = side_px - 1 - from_col;
      pixel = patch[static_cast<std::size_t>(from_row * side_px + from_col)];
    }
  }
}

void scale_to_unit(std::span<const float> patch, std::span<float> scaled) {
  const auto [lowest, highest] = std::ranges::minmax(patch);
  const float width = highest - lowest;
  for (std::size_t i = 0; i < patch.size(); ++i) scaled[i] = width > 0 ? (patch[i] - lowest) / width : 0;
}

}  // namespace braggd
