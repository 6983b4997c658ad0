#include "kernels/components.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/components_variants.hpp"

namespace braggd {

namespace {

/// A label as the runs got it from above; those that meet later are joined to the smallest of them, their root.
struct Label {
  std::uint32_t parent;
  std::uint32_t first_run;
  std::uint32_t n_pixels;
  std::uint32_t row_end, col_begin, col_end;
};

struct Scratch {
  Runs runs;
  Tile tile;
  Summits summits;
  std::vector<RunsAbove> above;         ///< by run
  std::vector<std::uint32_t> label_of;  ///< by run; later the place of its component
  std::vector<Label> labels;            ///< a buffer, see Runs
  std::vector<std::uint32_t> kept;      ///< roots of the right size, in the order of the components
  std::vector<std::uint32_t> place;     ///< by label
  std::vector<Origin> origin;
  std::vector<Sums> sums;
  MaximumFinder maxima;
};

/// The first run from `run` on that lies in `row` or behind.
std::size_t skip_rows(const Runs& runs, std::size_t run, std::int64_t row) {
  while (run < runs.n && runs.row[run] < row) ++run;
  return run;
}

/// Finds the runs above each run and the summits: the runs of some rows at a time, with the rows beside them in the
/// tile.
void relate_runs(const SparseFrame& pixels, const RunKernels& kernels, Scratch& scratch) {
  constexpr std::int64_t rows_at_a_time = Tile::n_rows - 2;
  const Runs& runs = scratch.runs;
  const float* values = pixels.value.data();
  hold(scratch.above, runs.n);
  hold(scratch.summits.ordinal, pixels.index.size() + buffer_margin);
  scratch.summits.n = 0;
  scratch.summits.level.clear();
  scratch.tile.fit(pixels.shape.cols);
  scratch.tile.set_empty(false);
  std::size_t begin = 0, n_put = 0, n_taken = 0;
  while (begin < runs.n) {
    const std::int64_t row = runs.row[begin];
    const std::size_t take_to = skip_rows(runs, n_taken, row - 1);
    kernels.take_back({runs, n_taken, take_to}, scratch.tile);
    n_taken = take_to;
    const std::size_t end = skip_rows(runs, begin, row + rows_at_a_time);
    const std::size_t put_to = skip_rows(runs, std::max(end, n_put), row + rows_at_a_time + 1);
    kernels.put({runs, n_put, put_to}, values, scratch.tile);
    n_put = put_to;
    kernels.relate({runs, begin, end}, values, scratch.tile, scratch.above.data(), scratch.summits);
    begin = end;
  }
  kernels.take_back({runs, n_taken, runs.n}, scratch.tile);
  scratch.tile.set_empty(true);
}

std::uint32_t root_of(std::vector<Label>& labels, std::uint32_t label) {
  while (labels[label].parent != label) {
    label = labels[label].parent = labels[labels[label].parent].parent;
  }
  return label;
}

/// Labels the runs and measures what has a label. Returns how many labels there are.
std::uint32_t label_runs(Scratch& scratch) {
  const Runs& runs = scratch.runs;
  hold(scratch.label_of, runs.n);
  hold(scratch.labels, runs.n + 1);
  std::uint32_t n_labels = 0;
  for (std::uint32_t run = 0; run < runs.n; ++run) {
    const RunsAbove above = scratch.above[run];
    const std::uint32_t n_pixels = runs.n_pixels(run);
    const std::uint32_t col_begin = runs.col_begin[run];
    const std::uint32_t col_end = col_begin + n_pixels;
    std::uint32_t label = n_labels;
    if (above.first == no_run) {
      scratch.labels[n_labels++] = {label, run, 0, 0, col_begin, col_end};
    } else {
      label = scratch.label_of[above.first];
      for (std::uint32_t other = above.first + 1; other <= above.last; ++other) [[unlikely]] {
          const std::uint32_t a = root_of(scratch.labels, label);
          const std::uint32_t b = root_of(scratch.labels, scratch.label_of[other]);
          scratch.labels[std::max(a, b)].parent = std::min(a, b);
        }
    }
    scratch.label_of[run] = label;
    Label& box = scratch.labels[label];
    box.n_pixels += n_pixels;
    box.row_end = runs.row[run] + 1;
    box.col_begin = std::min(box.col_begin, col_begin);
    box.col_end = std::max(box.col_end, col_end);
  }
  return n_labels;
}

/// Points every label at its root, which then knows the whole component.
void join_labels(std::uint32_t n_labels, std::vector<Label>& labels) {
  for (std::uint32_t i = 0; i < n_labels; ++i) {
    Label& label = labels[i];
    if (label.parent == i) continue;
    label.parent = labels[label.parent].parent;
    Label& root = labels[label.parent];
    root.n_pixels += label.n_pixels;
    root.row_end = std::max(root.row_end, label.row_end);
    root.col_begin = std::min(root.col_begin, label.col_begin);
    root.col_end = std::max(root.col_end, label.col_end);
  }
}

/// Counts the components of a wrong size and keeps the others, in their order: roots are found by first pixel, that
/// is by row, and are still to be sorted within each row.
void select_components(std::uint32_t n_labels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                       Scratch& scratch, ComponentList& out) {
  const std::vector<Label>& labels = scratch.labels;
  out.n_too_small = 0;
  out.n_too_big = 0;
  scratch.kept.clear();
  for (std::uint32_t i = 0; i < n_labels; ++i) {
    if (labels[i].parent != i) continue;
    if (labels[i].n_pixels < min_pixels) {
      ++out.n_too_small;
    } else if (labels[i].n_pixels > max_pixels) {
      ++out.n_too_big;
    } else {
      scratch.kept.push_back(i);
    }
  }
  const auto row_of = [&](std::uint32_t label) { return scratch.runs.row[labels[label].first_run]; };
  for (auto begin = scratch.kept.begin(); begin != scratch.kept.end();) {
    const auto end = std::find_if(begin, scratch.kept.end(),
                                  [&](std::uint32_t label) { return row_of(label) != row_of(*begin); });
    std::sort(begin, end, [&](std::uint32_t a, std::uint32_t b) {
      return labels[a].col_begin != labels[b].col_begin ? labels[a].col_begin < labels[b].col_begin : a < b;
    });
    begin = end;
  }
}

/// Makes the kept components, still without sums and maxima, and turns the runs' labels into their places.
void place_components(const SparseFrame& pixels, std::uint32_t n_labels, Scratch& scratch,
                      ComponentList& out) {
  const auto n_kept = static_cast<std::uint32_t>(scratch.kept.size());
  scratch.place.assign(n_labels, no_component);
  scratch.origin.assign(n_kept + 1, {});
  scratch.sums.assign(n_kept + 1, {});
  out.components.assign(n_kept, {});
  for (std::uint32_t place = 0; place < n_kept; ++place) {
    const Label& label = scratch.labels[scratch.kept[place]];
    Component& component = out.components[place];
    component.first_pixel = pixels.index[scratch.runs.first[label.first_run]];
    component.n_pixels = label.n_pixels;
    component.row_begin = static_cast<std::uint16_t>(scratch.runs.row[label.first_run]);
    component.row_end = static_cast<std::uint16_t>(label.row_end);
    component.col_begin = static_cast<std::uint16_t>(label.col_begin);
    component.col_end = static_cast<std::uint16_t>(label.col_end);
    component.max_intensity = no_pixel_value;
    scratch.origin[place] = {static_cast<double>(component.row_begin),
                             static_cast<double>(component.col_begin)};
    scratch.place[scratch.kept[place]] = place;
  }
  for (std::uint32_t i = 0; i < n_labels; ++i) scratch.place[i] = scratch.place[scratch.labels[i].parent];
  for (std::size_t run = 0; run < scratch.runs.n; ++run) {
    scratch.label_of[run] = scratch.place[scratch.label_of[run]];
  }
}

void take_sums(const std::vector<Sums>& sums, ComponentList& out) {
  for (std::size_t i = 0; i < out.components.size(); ++i) {
    Component& component = out.components[i];
    component.sum = sums[i].sum;
    component.sum_row = sums[i].sum_row;
    component.sum_col = sums[i].sum_col;
    component.sum_row_row = sums[i].sum_row_row;
    component.sum_col_col = sums[i].sum_col_col;
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

void Tile::fit(std::uint32_t cols) {
  // Whole pages and three cache lines: a column's rows share no cache set.
  constexpr std::size_t page = 4096 / sizeof(float);
  const std::size_t stride = (cols + 2 * std::size_t{margin} + page - 1) / page * page + 48;
  if (stride <= stride_ && empty_) return;
  stride_ = std::max(stride, stride_);
  value.assign(n_rows * stride_, no_pixel_value);
  run.assign(n_rows * stride_, no_run);
}

void find_components_with(KernelSet set, const SparseFrame& pixels, std::uint32_t min_pixels,
                          std::uint32_t max_pixels, ComponentList& out) {
  thread_local Scratch scratch;
  const RunKernels kernels = run_kernels_of(set);
  const float* values = pixels.value.data();
  kernels.find(pixels, scratch.runs);
  relate_runs(pixels, kernels, scratch);
  const std::uint32_t n_labels = label_runs(scratch);
  join_labels(n_labels, scratch.labels);
  select_components(n_labels, min_pixels, max_pixels, scratch, out);
  place_components(pixels, n_labels, scratch, out);
  out.component_of.resize(pixels.index.size());
  kernels.measure(scratch.runs, values, {scratch.label_of, scratch.origin, scratch.sums, out.component_of});
  take_sums(scratch.sums, out);
  scratch.maxima.run(pixels, scratch.runs, scratch.summits, out);
  flag_components(pixels, out);
}

void find_components(const SparseFrame& pixels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                     ComponentList& out) {
  find_components_with(kernel_set(), pixels, min_pixels, max_pixels, out);
}

}  // namespace braggd
