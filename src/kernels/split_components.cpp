#include "kernels/split_components.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace braggd {
namespace {

std::int64_t squared_distance(std::uint32_t a, std::uint32_t b, std::uint32_t cols) {
  const std::int64_t rows_apart = std::int64_t{a / cols} - b / cols;
  const std::int64_t cols_apart = std::int64_t{a % cols} - b % cols;
  return rows_apart * rows_apart + cols_apart * cols_apart;
}

/// The lowest pixel on the straight way between two pixels of the list, given by their ordinals.
double lowest_between(const SparseFrame& pixels, std::uint32_t a, std::uint32_t b, double if_absent) {
  const std::uint32_t cols = pixels.shape.cols;
  const auto row_of = [&](std::uint32_t i) { return static_cast<double>(pixels.index[i] / cols); };
  const auto col_of = [&](std::uint32_t i) { return static_cast<double>(pixels.index[i] % cols); };
  const double rows_apart = row_of(b) - row_of(a), cols_apart = col_of(b) - col_of(a);
  const auto steps = static_cast<int>(std::ceil(2 * std::hypot(rows_apart, cols_apart)));
  const auto begin_of_row = [&](std::uint32_t row) {
    return std::ranges::lower_bound(pixels.index, std::uint64_t{row} * cols);
  };
  const auto first = begin_of_row(pixels.index[std::min(a, b)] / cols);
  const auto last = begin_of_row(pixels.index[std::max(a, b)] / cols + 1);
  double lowest = std::min(double{pixels.value[a]}, double{pixels.value[b]});
  for (int step = 1; step < steps; ++step) {
    const double part = static_cast<double>(step) / steps;
    const auto row = static_cast<std::uint32_t>(std::lround(row_of(a) + part * rows_apart));
    const auto col = static_cast<std::uint32_t>(std::lround(col_of(a) + part * cols_apart));
    const auto at = std::lower_bound(first, last, row * cols + col);
    const bool present = at != last && *at == row * cols + col;
    lowest =
        std::min(lowest, present ? double{pixels.value[static_cast<std::size_t>(at - pixels.index.begin())]}
                                 : if_absent);
  }
  return lowest;
}

/// Whether noise alone would seldom make a maximum beside a higher one; both are ordinals of pixels.
bool stands_out(const SparseFrame& pixels, std::uint32_t maximum, std::uint32_t higher,
                const SplitRule& rule) {
  const double top = double{pixels.value[maximum]};
  const double dip = lowest_between(pixels, maximum, higher, rule.threshold);
  return top - dip >= rule.significance * std::sqrt(rule.noise.variance(top) + rule.noise.variance(dip));
}

/// The maxima that count, in raster order, of all those of a component: from the highest down, each that is far enough
/// from those before and stands out. `all` and `counting` are ordinals of pixels; `by_height` is working space.
void find_counting(const ComponentList& list, std::span<const std::uint32_t> all, const SplitRule& rule,
                   std::vector<std::uint32_t>& by_height, std::vector<std::uint32_t>& counting) {
  const std::vector<float>& value = list.pixels->value;
  const std::vector<std::uint32_t>& index = list.pixels->index;
  by_height.assign(all.begin(), all.end());
  std::ranges::sort(by_height, [&](std::uint32_t a, std::uint32_t b) {
    return value[a] != value[b] ? value[a] > value[b] : a < b;
  });
  const double lowest = rule.height * double{value[by_height.front()]};
  counting.clear();
  for (const std::uint32_t maximum : by_height) {
    const auto near = [&](std::uint32_t higher) {
      return static_cast<double>(squared_distance(index[maximum], index[higher], list.shape.cols)) <
             rule.distance_px * rule.distance_px;
    };
    if (counting.empty()) {
      counting.push_back(maximum);
      continue;
    }
    if (double{value[maximum]} < lowest || std::ranges::any_of(counting, near)) continue;
    const std::uint32_t higher = *std::ranges::min_element(counting, {}, [&](std::uint32_t other) {
      return squared_distance(index[maximum], index[other], list.shape.cols);
    });
    if (!rule.noise.known() || stands_out(*list.pixels, maximum, higher, rule)) counting.push_back(maximum);
  }
  std::ranges::sort(counting);
}

/// The maxima of each component beside each other, in raster order.
class MaximaByComponent {
 public:
  void arrange(const ComponentList& list) {
    end_.assign(1, 0);
    for (const Component& c : list.components) end_.push_back(end_.back() + c.n_maxima);
    next_.assign(end_.begin(), end_.end() - 1);
    ordinals_.resize(list.maxima.size());
    for (const std::uint32_t ordinal : list.maxima) ordinals_[next_[list.component_of[ordinal]]++] = ordinal;
  }
  std::span<const std::uint32_t> of(std::size_t component) const {
    return std::span(ordinals_).subspan(end_[component], end_[component + 1] - end_[component]);
  }

 private:
  std::vector<std::uint32_t> end_, next_, ordinals_;
};

struct Scratch {
  MaximaByComponent maxima;
  std::vector<std::uint32_t> by_height, counting, first;
};

Component empty_share(const Component& whole, std::uint32_t maximum, float height) {
  Component share;
  share.first_pixel = no_component;
  share.row_begin = share.col_begin = std::numeric_limits<std::uint16_t>::max();
  share.max_pixel = maximum;
  share.max_intensity = height;
  share.n_maxima = whole.n_maxima;
  share.flags = whole.flags;
  return share;
}

void grow_box(Component& share, std::uint32_t row, std::uint32_t col) {
  share.row_begin = std::min(share.row_begin, static_cast<std::uint16_t>(row));
  share.row_end = std::max(share.row_end, static_cast<std::uint16_t>(row + 1));
  share.col_begin = std::min(share.col_begin, static_cast<std::uint16_t>(col));
  share.col_end = std::max(share.col_end, static_cast<std::uint16_t>(col + 1));
}

void add_moments(Component& share, double intensity, std::uint32_t row_px, std::uint32_t col_px) {
  const double row = row_px - share.row_begin;
  const double col = col_px - share.col_begin;
  share.sum += intensity;
  share.sum_row += intensity * row;
  share.sum_col += intensity * col;
  share.sum_row_row += intensity * row * row;
  share.sum_col_col += intensity * col * col;
}

/// Deals the pixels to the shares; `first` says where those of each component begin, and at its end how many there are.
void deal_pixels(const ComponentList& list, std::span<const std::uint32_t> first, Shares& out) {
  const std::uint32_t cols = list.shape.cols;
  const std::vector<std::uint32_t>& index = list.pixels->index;
  const auto was_split = [&](std::uint32_t c) { return first[c + 1] - first[c] > 1; };
  for (std::size_t i = 0; i < index.size(); ++i) {
    const std::uint32_t whole = list.component_of[i];
    if (whole == no_component) continue;
    std::uint32_t nearest = first[whole];
    for (std::uint32_t k = nearest + 1; k < first[whole + 1]; ++k) {
      if (squared_distance(index[i], out.list.components[k].max_pixel, cols) <
          squared_distance(index[i], out.list.components[nearest].max_pixel, cols))
        nearest = k;
    }
    out.list.component_of[i] = nearest;
    if (!was_split(whole)) continue;
    Component& share = out.list.components[nearest];
    share.first_pixel = std::min(share.first_pixel, index[i]);
    ++share.n_pixels;
    grow_box(share, index[i] / cols, index[i] % cols);
  }
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (list.component_of[i] == no_component || !was_split(list.component_of[i])) continue;
    add_moments(out.list.components[out.list.component_of[i]], double{list.pixels->value[i]}, index[i] / cols,
                index[i] % cols);
  }
}

}  // namespace

void split_components(const ComponentList& list, const SplitRule& rule, Shares& out) {
  thread_local Scratch scratch;
  out.list.meta = list.meta;
  out.list.shape = list.shape;
  out.list.status = list.status;
  out.list.pixels = list.pixels;
  out.list.components.clear();
  out.list.component_of.assign(list.component_of.size(), no_component);
  out.parent.clear();
  scratch.maxima.arrange(list);
  scratch.first.clear();
  for (std::uint32_t c = 0; c < list.components.size(); ++c) {
    const Component& whole = list.components[c];
    scratch.first.push_back(static_cast<std::uint32_t>(out.list.components.size()));
    scratch.counting.clear();
    if (whole.n_maxima > 1)
      find_counting(list, scratch.maxima.of(c), rule, scratch.by_height, scratch.counting);
    if (scratch.counting.size() < 2) {
      out.list.components.push_back(whole);
    } else {
      for (const std::uint32_t maximum : scratch.counting)
        out.list.components.push_back(
            empty_share(whole, list.pixels->index[maximum], list.pixels->value[maximum]));
    }
    out.parent.resize(out.list.components.size(), c);
  }
  scratch.first.push_back(static_cast<std::uint32_t>(out.list.components.size()));
  deal_pixels(list, scratch.first, out);
}

}  // namespace braggd
