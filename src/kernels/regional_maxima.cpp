#include "kernels/regional_maxima.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include "kernels/sorted_search.hpp"

namespace braggd {

void RegionalMaxima::gather(const ComponentList& list, std::uint32_t component) {
  const Component& c = list.components[component];
  const std::vector<std::uint32_t>& index = list.pixels->index;
  const std::uint32_t cols = list.shape.cols;
  pixels_.clear();
  std::size_t at = first_not_below(index, c.first_pixel);
  for (std::uint32_t row = c.row_begin; row < c.row_end; ++row) {
    at = gallop_to(index, at, row * cols + c.col_begin);
    const std::uint64_t end = std::uint64_t{row} * cols + c.col_end;
    for (; at < index.size() && index[at] < end; ++at) {
      if (list.component_of[at] == component)
        pixels_.push_back({.index = index[at], .value = list.pixels->value[at], .candidate = true});
    }
  }
}

void RegionalMaxima::join(std::uint32_t a, std::uint32_t b) {
  Pixel& one = pixels_[a];
  Pixel& other = pixels_[b];
  one.neighbours[one.n_neighbours++] = b;
  other.neighbours[other.n_neighbours++] = a;
  if (one.value < other.value) one.candidate = false;
  if (other.value < one.value) other.candidate = false;
}

// Each pixel with those before it: the one to its left and up to three in the row above, over which `above` runs.
void RegionalMaxima::join_neighbours(std::uint32_t cols) {
  std::uint32_t above = 0;
  for (std::uint32_t i = 0; i < pixels_.size(); ++i) {
    const std::uint32_t index = pixels_[i].index;
    const std::uint32_t col = index % cols;
    if (i > 0 && col > 0 && pixels_[i - 1].index == index - 1) join(i, i - 1);
    if (index < cols) continue;
    const std::uint32_t first = index - cols - (col > 0 ? 1 : 0);
    const std::uint32_t last = index - cols + (col + 1 < cols ? 1 : 0);
    while (pixels_[above].index < first) ++above;
    for (std::uint32_t k = above; pixels_[k].index <= last && k < i; ++k) join(i, k);
  }
}

// Whether no pixel of the seed's plateau has a higher neighbour; marks what it went over.
bool RegionalMaxima::is_maximum(std::uint32_t seed) {
  bool highest = true;
  plateau_.assign(1, seed);
  pixels_[seed].seen = true;
  for (std::size_t next = 0; next < plateau_.size(); ++next) {
    const Pixel& pixel = pixels_[plateau_[next]];
    highest = highest && pixel.candidate;
    for (std::size_t k = 0; k < pixel.n_neighbours; ++k) {
      Pixel& other = pixels_[pixel.neighbours[k]];
      if (other.seen || other.value != pixel.value) continue;
      other.seen = true;
      plateau_.push_back(pixel.neighbours[k]);
    }
  }
  return highest;
}

std::span<const std::uint32_t> RegionalMaxima::find(const ComponentList& list, std::uint32_t component) {
  found_.clear();
  if (list.components[component].n_maxima == 1) {
    // The only one is the highest.
    found_.push_back(list.components[component].max_pixel);
    return found_;
  }
  gather(list, component);
  join_neighbours(list.shape.cols);
  for (std::uint32_t i = 0; i < pixels_.size(); ++i) {
    if (pixels_[i].candidate && !pixels_[i].seen && is_maximum(i)) found_.push_back(pixels_[i].index);
  }
  return found_;
}

std::vector<std::uint32_t> regional_maxima_reference(const ComponentList& list, std::uint32_t component) {
  std::map<std::uint32_t, float> value;
  for (std::size_t i = 0; i < list.component_of.size(); ++i) {
    if (list.component_of[i] == component) value[list.pixels->index[i]] = list.pixels->value[i];
  }
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> found;
  for (const auto& [seed, height] : value) {
    if (!seen.insert(seed).second) continue;
    bool highest = true;
    std::vector<std::uint32_t> plateau{seed};
    for (std::size_t next = 0; next < plateau.size(); ++next) {
      const std::int64_t row = plateau[next] / list.shape.cols;
      const std::int64_t col = plateau[next] % list.shape.cols;
      for (std::int64_t r = row - 1; r <= row + 1; ++r) {
        for (std::int64_t c = col - 1; c <= col + 1; ++c) {
          if (r < 0 || c < 0 || c >= list.shape.cols) continue;
          const auto other = value.find(static_cast<std::uint32_t>(r * list.shape.cols + c));
          if (other == value.end()) continue;
          if (other->second > height) highest = false;
          if (other->second == height && seen.insert(other->first).second) plateau.push_back(other->first);
        }
      }
    }
    if (highest) found.push_back(seed);
  }
  return found;
}

}  // namespace braggd
