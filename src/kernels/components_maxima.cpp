#include <algorithm>

#include "kernels/components_variants.hpp"

namespace braggd {

namespace {

/// States of a pixel while plateaus are searched.
enum : std::uint8_t { is_summit = 1, plateau_known = 2 };

/// Neighbours of single pixels, for the few that ask.
class Neighbourhood {
 public:
  Neighbourhood(const SparseFrame& pixels, const std::vector<std::uint32_t>& row_first)
      : pixels_(pixels), row_first_(row_first) {}

  /// Calls f with the ordinal of each neighbour above threshold.
  template <class F>
  void visit(std::uint32_t ordinal, F&& f) const {
    const Shape shape = pixels_.shape;
    const std::uint32_t row = pixels_.index[ordinal] / shape.cols;
    const std::uint32_t col = pixels_.index[ordinal] % shape.cols;
    const std::uint32_t left = col == 0 ? 0 : col - 1;
    const std::uint32_t right = std::min(col + 1, shape.cols - 1);
    for (std::uint32_t r = row == 0 ? 0 : row - 1; r <= std::min(row + 1, shape.rows - 1); ++r) {
      const std::uint32_t end = row_first_[r + 1];
      for (std::uint32_t i = first_from(r, left); i < end && pixels_.index[i] <= r * shape.cols + right;
           ++i) {
        if (i != ordinal) f(i);
      }
    }
  }

 private:
  /// The first pixel of the row from `col` on. In a row without gaps it is where it is looked for first.
  std::uint32_t first_from(std::uint32_t row, std::uint32_t col) const {
    const std::uint32_t begin = row_first_[row], end = row_first_[row + 1];
    if (begin == end) return end;
    const std::uint32_t pixel = row * pixels_.shape.cols + col;
    if (pixels_.index[begin] >= pixel) return begin;
    const std::uint32_t guess = std::min(begin + (pixel - pixels_.index[begin]), end - 1);
    if (pixels_.index[guess] == pixel) return guess;
    const auto* index = pixels_.index.data();
    return static_cast<std::uint32_t>(std::lower_bound(index + begin, index + end, pixel) - index);
  }

  const SparseFrame& pixels_;
  const std::vector<std::uint32_t>& row_first_;
};

}  // namespace

void MaximumFinder::prepare_plateaus(const SparseFrame& pixels, const Runs& runs, const Summits& summits) {
  row_first_.assign(std::size_t{pixels.shape.rows} + 1, static_cast<std::uint32_t>(pixels.index.size()));
  for (std::size_t run = runs.n; run-- > 0;) row_first_[runs.row[run]] = runs.first[run];
  for (std::size_t row = pixels.shape.rows; row-- > 0;) {
    row_first_[row] = std::min(row_first_[row], row_first_[row + 1]);
  }
  state_.assign(pixels.index.size(), 0);
  for (const std::uint32_t ordinal : summits.level) state_[ordinal] = is_summit;
}

/// Whether no pixel of the plateau around `seed` has a higher neighbour. Marks all of them.
bool MaximumFinder::is_maximum(const SparseFrame& pixels, std::uint32_t seed) {
  const Neighbourhood neighbourhood(pixels, row_first_);
  bool maximum = true;
  plateau_.assign(1, seed);
  state_[seed] |= plateau_known;
  while (!plateau_.empty()) {
    const std::uint32_t at = plateau_.back();
    plateau_.pop_back();
    maximum = maximum && (state_[at] & is_summit) != 0;
    neighbourhood.visit(at, [&](std::uint32_t other) {
      if (pixels.value[other] != pixels.value[at] || (state_[other] & plateau_known) != 0) return;
      state_[other] |= plateau_known;
      plateau_.push_back(other);
    });
  }
  return maximum;
}

void MaximumFinder::run(const SparseFrame& pixels, const Runs& runs, const Summits& summits,
                        ComponentList& out) {
  if (!summits.level.empty()) prepare_plateaus(pixels, runs, summits);
  out.maxima.clear();
  auto level = summits.level.begin();
  for (std::size_t i = 0; i < summits.n; ++i) {
    const std::uint32_t ordinal = summits.ordinal[i];
    const bool has_equal = level != summits.level.end() && *level == ordinal;
    if (has_equal) ++level;
    if (out.component_of[ordinal] == no_component) continue;
    Component& component = out.components[out.component_of[ordinal]];
    if (pixels.value[ordinal] > component.max_intensity) {
      component.max_intensity = pixels.value[ordinal];
      component.max_pixel = pixels.index[ordinal];
    }
    if (!has_equal || ((state_[ordinal] & plateau_known) == 0 && is_maximum(pixels, ordinal))) {
      ++component.n_maxima;
      out.maxima.push_back(ordinal);
    }
  }
}

}  // namespace braggd
