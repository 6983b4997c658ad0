#include "kernels/components.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

#include "kernels/components_variants.hpp"

namespace braggd {

namespace {

/// Union-find in which a set's root is its smallest member.
class DisjointSets {
 public:
  void reset(std::size_t n) {
    parent_.resize(n);
    std::iota(parent_.begin(), parent_.end(), 0U);
  }
  std::uint32_t root(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

struct Scratch : Runs {
  DisjointSets sets;
  std::vector<std::uint8_t> relation;  ///< Relation, by pixel
  std::vector<Component> found;
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> place;
  std::vector<std::uint32_t> plateau;
};

/// The runs from `begin` on that lie in `row` and touch `run`; moves `begin` past those that no later run touches.
std::span<const Run> touching_runs(const std::vector<Run>& runs, std::int64_t row, const Run& run,
                                   std::size_t& begin) {
  while (begin < runs.size() &&
         (runs[begin].row < row || (runs[begin].row == row && runs[begin].col_end < run.col_begin))) {
    ++begin;
  }
  std::size_t end = begin;
  while (end < runs.size() && runs[end].row == row && runs[end].col_begin <= run.col_end) ++end;
  return std::span(runs).subspan(begin, end - begin);
}

/// Joins each run with those of the row above that it touches, corners included, and relates the pixels that touch.
void join_runs(const SparseFrame& pixels, const RunKernels& kernels, Scratch& scratch) {
  const std::vector<Run>& runs = scratch.runs;
  scratch.sets.reset(runs.size());
  scratch.relation.resize(pixels.index.size() + relation_margin);
  std::size_t above = 0, below = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Touching touching{&runs[i], touching_runs(runs, std::int64_t{runs[i].row} - 1, runs[i], above),
                            touching_runs(runs, std::int64_t{runs[i].row} + 1, runs[i], below)};
    for (const Run& other : touching.above) {
      scratch.sets.join(static_cast<std::uint32_t>(&other - runs.data()), static_cast<std::uint32_t>(i));
    }
    kernels.relate(touching, pixels.value.data(), scratch.relation.data());
  }
}

/// Gives every run its component; boxes and counts, in the order of first pixels.
void collect_components(const SparseFrame& pixels, Scratch& scratch) {
  scratch.found.clear();
  for (std::uint32_t i = 0; i < scratch.runs.size(); ++i) {
    Run& run = scratch.runs[i];
    const std::uint32_t root = scratch.sets.root(i);
    const auto row = static_cast<std::uint16_t>(run.row);
    const auto col_begin = static_cast<std::uint16_t>(run.col_begin);
    const auto col_end = static_cast<std::uint16_t>(run.col_end);
    if (root == i) {
      run.component = static_cast<std::uint32_t>(scratch.found.size());
      Component& component = scratch.found.emplace_back();
      component.first_pixel = pixels.index[run.first];
      component.max_pixel = component.first_pixel;
      component.max_intensity = pixels.value[run.first];
      component.row_begin = row;
      component.col_begin = col_begin;
      component.col_end = col_end;
    } else {
      run.component = scratch.runs[root].component;
    }
    Component& component = scratch.found[run.component];
    component.n_pixels += run.n_pixels();
    component.row_end = static_cast<std::uint16_t>(row + 1);
    component.col_begin = std::min(component.col_begin, col_begin);
    component.col_end = std::max(component.col_end, col_end);
  }
}

/// Counts the components of a wrong size and puts the others into `out`, in their order.
void select_components(std::uint32_t min_pixels, std::uint32_t max_pixels, Scratch& scratch,
                       ComponentList& out) {
  out.n_too_small = 0;
  out.n_too_big = 0;
  scratch.order.clear();
  for (std::uint32_t i = 0; i < scratch.found.size(); ++i) {
    const std::uint32_t n_pixels = scratch.found[i].n_pixels;
    if (n_pixels < min_pixels) {
      ++out.n_too_small;
    } else if (n_pixels > max_pixels) {
      ++out.n_too_big;
    } else {
      scratch.order.push_back(i);
    }
  }
  std::ranges::sort(scratch.order, {}, [&](std::uint32_t i) {
    const Component& c = scratch.found[i];
    return std::tuple(c.row_begin, c.col_begin, c.first_pixel);
  });
  scratch.place.assign(scratch.found.size(), no_component);
  out.components.clear();
  for (const std::uint32_t i : scratch.order) {
    scratch.place[i] = static_cast<std::uint32_t>(out.components.size());
    out.components.push_back(scratch.found[i]);
  }
}

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

/// Whether no pixel of the plateau around `seed`, which has equal neighbours, has a higher one. Marks all of them.
[[gnu::noinline]] bool is_maximum(const SparseFrame& pixels, std::uint32_t seed, Scratch& scratch) {
  const Neighbourhood neighbourhood(pixels, scratch.row_first);
  bool maximum = true;
  scratch.plateau.assign(1, seed);
  scratch.relation[seed] |= plateau_known;
  while (!scratch.plateau.empty()) {
    const std::uint32_t at = scratch.plateau.back();
    scratch.plateau.pop_back();
    maximum = maximum && (scratch.relation[at] & has_higher_neighbour) == 0;
    neighbourhood.visit(at, [&](std::uint32_t other) {
      if (pixels.value[other] != pixels.value[at] || (scratch.relation[other] & plateau_known) != 0) return;
      scratch.relation[other] |= plateau_known;
      scratch.plateau.push_back(other);
    });
  }
  return maximum;
}

/// Adds a run to its component's sums, pixel after pixel, and counts its maxima: pixels, or plateaus of equal ones,
/// without a higher neighbour. Called in raster order.
void measure_run(const SparseFrame& pixels, const Run& run, Scratch& scratch, Component& component) {
  // In registers: a component's memory is too far away for one addition after the other.
  double sum = component.sum, sum_row = component.sum_row, sum_col = component.sum_col;
  double sum_row_row = component.sum_row_row, sum_col_col = component.sum_col_col;
  std::uint32_t n_maxima = component.n_maxima;
  const double row = run.row - component.row_begin;
  double col = run.col_begin - component.col_begin;
  const float* values = pixels.value.data();
  const std::uint8_t* relations = scratch.relation.data();
  float most = values[run.first];
  for (std::uint32_t i = run.first; i < run.first + run.n_pixels(); ++i, col += 1) {
    const float value = values[i];
    const double intensity = value;
    sum += intensity;
    sum_row += intensity * row;
    sum_col += intensity * col;
    sum_row_row += intensity * row * row;
    sum_col_col += intensity * col * col;
    most = value > most ? value : most;
    const unsigned relation = relations[i];
    n_maxima += unsigned{relation == 0};
    if (relation == has_equal_neighbour && is_maximum(pixels, i, scratch)) [[unlikely]]
      ++n_maxima;
  }
  component.sum = sum;
  component.sum_row = sum_row;
  component.sum_col = sum_col;
  component.sum_row_row = sum_row_row;
  component.sum_col_col = sum_col_col;
  if (most > component.max_intensity) {
    const float* first = std::find(values + run.first, values + run.first + run.n_pixels(), most);
    component.max_intensity = most;
    component.max_pixel = pixels.index[static_cast<std::size_t>(first - values)];
  }
  component.n_maxima = n_maxima;
}

void measure_components(const SparseFrame& pixels, Scratch& scratch, ComponentList& out) {
  out.component_of.resize(pixels.index.size());
  for (const Run& run : scratch.runs) {
    const std::uint32_t place = scratch.place[run.component];
    std::fill_n(out.component_of.begin() + run.first, run.n_pixels(), place);
    if (place != no_component) measure_run(pixels, run, scratch, out.components[place]);
  }
}

void flag_components(const SparseFrame& pixels, ComponentList& out) {
  for (const FlaggedPixel& pixel : pixels.flagged) {
    const std::uint32_t place = out.component_of[pixel.ordinal];
    if (place == no_component) continue;
    std::uint32_t& flags = out.components[place].flags;
    if ((pixel.flags & pixel_beside_mask) != 0) flags |= touches_mask;
    if ((pixel.flags & pixel_saturated) != 0) flags |= saturated;
  }
  for (Component& component : out.components) {
    const bool at_edge = component.row_begin == 0 || component.row_end == pixels.shape.rows ||
                         component.col_begin == 0 || component.col_end == pixels.shape.cols;
    if (at_edge) component.flags |= touches_edge;
    if (component.n_maxima > 1) component.flags |= several_maxima;
  }
}

}  // namespace

void find_components_with(KernelSet set, const SparseFrame& pixels, std::uint32_t min_pixels,
                          std::uint32_t max_pixels, ComponentList& out) {
  thread_local Scratch scratch;
  const RunKernels kernels = run_kernels_of(set);
  kernels.find(pixels, scratch);
  join_runs(pixels, kernels, scratch);
  collect_components(pixels, scratch);
  select_components(min_pixels, max_pixels, scratch, out);
  measure_components(pixels, scratch, out);
  flag_components(pixels, out);
}

void find_components(const SparseFrame& pixels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                     ComponentList& out) {
  find_components_with(kernel_set(), pixels, min_pixels, max_pixels, out);
}

}  // namespace braggd
