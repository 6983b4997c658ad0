#include "kernels/components.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

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

/// Consecutive pixels of one row.
struct Run {
  std::uint32_t first = 0;  ///< ordinal of its first pixel
  std::uint32_t row = 0;
  std::uint32_t col_begin = 0, col_end = 0;
  std::uint32_t component = 0;
  std::uint32_t n_pixels() const { return col_end - col_begin; }
};

struct Scratch {
  std::vector<Run> runs;
  DisjointSets sets;
  std::vector<Component> found;
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> place;
  std::vector<std::uint8_t> below_neighbour;
};

void find_runs(const SparseFrame& pixels, std::vector<Run>& runs) {
  runs.clear();
  const std::uint32_t cols = pixels.shape.cols;
  for (std::size_t i = 0; i < pixels.index.size();) {
    const std::uint32_t row = pixels.index[i] / cols;
    const std::uint32_t col = pixels.index[i] % cols;
    std::uint32_t n = 1;
    while (col + n < cols && i + n < pixels.index.size() && pixels.index[i + n] == pixels.index[i] + n) ++n;
    runs.push_back({static_cast<std::uint32_t>(i), row, col, col + n, 0});
    i += n;
  }
}

/// Joins each run with those of the row above that it touches, corners included.
void join_runs(std::span<const Run> runs, DisjointSets& sets) {
  sets.reset(runs.size());
  std::uint32_t above = 0;
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const auto lies_before = [&](const Run& other) {
      return other.row + 1 < run.row || (other.row + 1 == run.row && other.col_end < run.col_begin);
    };
    while (lies_before(runs[above])) ++above;
    for (std::uint32_t j = above; runs[j].row + 1 == run.row && runs[j].col_begin <= run.col_end; ++j) {
      sets.join(j, i);
    }
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

/// Adds a run to its component's sums; called in raster order, pixel after pixel.
void add_moments(const SparseFrame& pixels, const Run& run, Component& component) {
  const double row = run.row - component.row_begin;
  for (std::uint32_t i = 0; i < run.n_pixels(); ++i) {
    const float value = pixels.value[run.first + i];
    const double intensity = value;
    const double col = run.col_begin + i - component.col_begin;
    component.sum += intensity;
    component.sum_row += intensity * row;
    component.sum_col += intensity * col;
    component.sum_row_row += intensity * row * row;
    component.sum_col_col += intensity * col * col;
    if (value > component.max_intensity) {
      component.max_intensity = value;
      component.max_pixel = pixels.index[run.first + i];
    }
  }
}

void measure_components(const SparseFrame& pixels, const Scratch& scratch, ComponentList& out) {
  out.component_of.resize(pixels.index.size());
  for (const Run& run : scratch.runs) {
    const std::uint32_t place = scratch.place[run.component];
    std::fill_n(out.component_of.begin() + run.first, run.n_pixels(), place);
    if (place != no_component) add_moments(pixels, run, out.components[place]);
  }
}

/// Counts the plateaus of equal value that have no higher neighbour. Each pixel looks at the four neighbours
/// that come before it: equal ones are one plateau, of unequal ones the lower is no maximum.
void count_maxima(const SparseFrame& pixels, Scratch& scratch, ComponentList& out) {
  const auto n = static_cast<std::uint32_t>(pixels.index.size());
  DisjointSets& plateaus = scratch.sets;
  std::vector<std::uint8_t>& below = scratch.below_neighbour;
  plateaus.reset(n);
  below.assign(n, 0);
  const auto compare = [&](std::uint32_t a, std::uint32_t b) {
    if (pixels.value[a] == pixels.value[b]) {
      plateaus.join(a, b);
    } else {
      below[pixels.value[a] < pixels.value[b] ? a : b] = 1;
    }
  };
  const std::uint32_t cols = pixels.shape.cols;
  std::uint32_t above = 0;
  for (const Run& run : scratch.runs) {
    if (scratch.place[run.component] == no_component) continue;
    for (std::uint32_t i = run.first; i < run.first + run.n_pixels(); ++i) {
      if (i > run.first) compare(i - 1, i);
      if (run.row == 0) continue;
      const std::uint32_t col = run.col_begin + (i - run.first);
      const std::uint32_t north = pixels.index[i] - cols;
      const std::uint32_t first = north - (col > 0 ? 1 : 0);
      const std::uint32_t last = north + (col + 1 < cols ? 1 : 0);
      while (pixels.index[above] < first) ++above;
      for (std::uint32_t j = above; pixels.index[j] <= last; ++j) compare(j, i);
    }
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    if (below[i] != 0) below[plateaus.root(i)] = 1;
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool counts = out.component_of[i] != no_component && below[i] == 0 && plateaus.root(i) == i;
    if (counts) ++out.components[out.component_of[i]].n_maxima;
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

void find_components(const SparseFrame& pixels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                     ComponentList& out) {
  thread_local Scratch scratch;
  find_runs(pixels, scratch.runs);
  join_runs(scratch.runs, scratch.sets);
  collect_components(pixels, scratch);
  select_components(min_pixels, max_pixels, scratch, out);
  measure_components(pixels, scratch, out);
  count_maxima(pixels, scratch, out);
  flag_components(pixels, out);
}

}  // namespace braggd
