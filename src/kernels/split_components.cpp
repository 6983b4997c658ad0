#include "kernels/split_components.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

#include "kernels/sorted_search.hpp"

namespace braggd {
namespace {

std::int64_t squared_distance(std::uint32_t a, std::uint32_t b, std::uint32_t cols) {
  const std::int64_t rows_apart = std::int64_t{a / cols} - b / cols;
  const std::int64_t cols_apart = std::int64_t{a % cols} - b % cols;
  return rows_apart * rows_apart + cols_apart * cols_apart;
}

float value_at(const ComponentList& list, std::uint32_t pixel) {
  return list.pixels->value[first_not_below(list.pixels->index, pixel)];
}

/// The maxima that count, in raster order: from the highest down, each that is far enough from those before.
std::vector<std::uint32_t> counting_maxima(const ComponentList& list, std::uint32_t component,
                                           const SplitRule& rule, RegionalMaxima& finder) {
  const std::span<const std::uint32_t> all = finder.find(list, component);
  std::vector<std::pair<float, std::uint32_t>> by_height;
  for (const std::uint32_t pixel : all) by_height.emplace_back(-value_at(list, pixel), pixel);
  std::ranges::sort(by_height);
  const double lowest = rule.height * double{list.components[component].max_intensity};
  std::vector<std::uint32_t> counting;
  for (const auto& candidate : by_height) {
    const double height = -double{candidate.first};
    const std::uint32_t pixel = candidate.second;
    const auto near = [&](std::uint32_t higher) {
      return static_cast<double>(squared_distance(pixel, higher, list.shape.cols)) <
             rule.distance_px * rule.distance_px;
    };
    const bool high = counting.empty() || height >= lowest;
    if (high && std::ranges::none_of(counting, near)) counting.push_back(pixel);
  }
  std::ranges::sort(counting);
  return counting;
}

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

Shares split_components(const ComponentList& list, const SplitRule& rule, RegionalMaxima& maxima) {
  Shares out;
  out.list.meta = list.meta;
  out.list.shape = list.shape;
  out.list.status = list.status;
  out.list.pixels = list.pixels;
  out.list.component_of.assign(list.component_of.size(), no_component);
  std::vector<std::uint32_t> first;
  for (std::uint32_t c = 0; c < list.components.size(); ++c) {
    const Component& whole = list.components[c];
    first.push_back(static_cast<std::uint32_t>(out.list.components.size()));
    std::vector<std::uint32_t> counting;
    if (whole.n_maxima > 1) counting = counting_maxima(list, c, rule, maxima);
    if (counting.size() < 2) {
      out.list.components.push_back(whole);
    } else {
      for (const std::uint32_t pixel : counting)
        out.list.components.push_back(empty_share(whole, pixel, value_at(list, pixel)));
    }
    out.parent.resize(out.list.components.size(), c);
  }
  first.push_back(static_cast<std::uint32_t>(out.list.components.size()));
  deal_pixels(list, first, out);
  return out;
}

}  // namespace braggd
