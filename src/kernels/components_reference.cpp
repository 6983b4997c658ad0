#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "kernels/components.hpp"

namespace braggd {

namespace {

constexpr std::uint32_t no_pixel = std::numeric_limits<std::uint32_t>::max();

/// The sparse pixels as an image of their ordinals.
class OrdinalImage {
 public:
  explicit OrdinalImage(const SparseFrame& pixels)
      : pixels_(pixels), ordinals_(static_cast<std::size_t>(pixels.shape.pixels()), no_pixel) {
    for (std::uint32_t i = 0; i < pixels.index.size(); ++i) ordinals_[pixels.index[i]] = i;
  }

  /// Ordinals of the neighbours of pixel `ordinal` that are above threshold.
  std::vector<std::uint32_t> neighbours(std::uint32_t ordinal) const {
    std::vector<std::uint32_t> found;
    const std::int64_t row = pixels_.index[ordinal] / pixels_.shape.cols;
    const std::int64_t col = pixels_.index[ordinal] % pixels_.shape.cols;
    for (std::int64_t r = row - 1; r <= row + 1; ++r) {
      for (std::int64_t c = col - 1; c <= col + 1; ++c) {
        if (r < 0 || c < 0 || r >= pixels_.shape.rows || c >= pixels_.shape.cols) continue;
        const std::uint32_t other = ordinals_[static_cast<std::size_t>(r * pixels_.shape.cols + c)];
        if (other != no_pixel && other != ordinal) found.push_back(other);
      }
    }
    return found;
  }

  /// Ordinals, ascending, of the pixels that are reached from `seed` over neighbours that `joined(a, b)`
  /// admits. Marks them in `seen`.
  std::vector<std::uint32_t> flood(std::uint32_t seed, std::vector<bool>& seen, auto joined) const {
    std::vector<std::uint32_t> filled{seed};
    seen[seed] = true;
    for (std::size_t next = 0; next < filled.size(); ++next) {
      for (const std::uint32_t other : neighbours(filled[next])) {
        if (seen[other] || !joined(filled[next], other)) continue;
        seen[other] = true;
        filled.push_back(other);
      }
    }
    std::ranges::sort(filled);
    return filled;
  }

 private:
  const SparseFrame& pixels_;
  std::vector<std::uint32_t> ordinals_;
};

/// Where in `ordinals` the run ends that begins at `begin`.
std::size_t run_end(const SparseFrame& pixels, const std::vector<std::uint32_t>& ordinals,
                    std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < ordinals.size() && pixels.index[ordinals[end]] == pixels.index[ordinals[end - 1]] + 1 &&
         pixels.index[ordinals[end]] % pixels.shape.cols != 0) {
    ++end;
  }
  return end;
}

void add_run(const SparseFrame& pixels, std::span<const std::uint32_t> run, Component& c) {
  std::array<double, 8> sum{}, sum_col{}, sum_col_col{};
  for (std::size_t k = 0; k < run.size(); ++k) {
    const double intensity = pixels.value[run[k]];
    const double col = pixels.index[run[k]] % pixels.shape.cols - c.col_begin;
    sum[k % 8] += intensity;
    sum_col[k % 8] += intensity * col;
    sum_col_col[k % 8] += intensity * col * col;
  }
  for (const std::size_t half : {4U, 2U, 1U}) {
    for (std::size_t i = 0; i < half; ++i) {
      sum[i] += sum[i + half];
      sum_col[i] += sum_col[i + half];
      sum_col_col[i] += sum_col_col[i + half];
    }
  }
  const double row = pixels.index[run[0]] / pixels.shape.cols - c.row_begin;
  c.sum += sum[0];
  c.sum_row += sum[0] * row;
  c.sum_col += sum_col[0];
  c.sum_row_row += sum[0] * row * row;
  c.sum_col_col += sum_col_col[0];
}

Component measure(const SparseFrame& pixels, const std::vector<std::uint32_t>& ordinals) {
  const std::uint32_t cols = pixels.shape.cols;
  Component c;
  c.first_pixel = pixels.index[ordinals.front()];
  c.n_pixels = static_cast<std::uint32_t>(ordinals.size());
  c.row_begin = c.col_begin = std::numeric_limits<std::uint16_t>::max();
  c.max_intensity = -std::numeric_limits<float>::infinity();
  for (const std::uint32_t i : ordinals) {
    const auto row = static_cast<std::uint16_t>(pixels.index[i] / cols);
    const auto col = static_cast<std::uint16_t>(pixels.index[i] % cols);
    c.row_begin = std::min(c.row_begin, row);
    c.row_end = std::max(c.row_end, static_cast<std::uint16_t>(row + 1));
    c.col_begin = std::min(c.col_begin, col);
    c.col_end = std::max(c.col_end, static_cast<std::uint16_t>(col + 1));
    if (row == 0 || col == 0 || row + 1U == pixels.shape.rows || col + 1U == cols) c.flags |= touches_edge;
  }
  for (const std::uint32_t i : ordinals) {
    if (pixels.value[i] > c.max_intensity) {
      c.max_intensity = pixels.value[i];
      c.max_pixel = pixels.index[i];
    }
  }
  for (std::size_t begin = 0; begin < ordinals.size();) {
    const std::size_t end = run_end(pixels, ordinals, begin);
    add_run(pixels, std::span(ordinals).subspan(begin, end - begin), c);
    begin = end;
  }
  for (const FlaggedPixel& flagged : pixels.flagged) {
    if (!std::ranges::binary_search(ordinals, flagged.ordinal)) continue;
    if ((flagged.flags & pixel_beside_mask) != 0) c.flags |= touches_mask;
    if ((flagged.flags & pixel_saturated) != 0) c.flags |= saturated;
  }
  return c;
}

/// The first pixel of each plateau without a higher neighbour.
std::vector<std::uint32_t> regional_maxima(const SparseFrame& pixels, const OrdinalImage& image,
                                           const std::vector<std::uint32_t>& ordinals) {
  std::vector<bool> seen(pixels.index.size());
  std::vector<std::uint32_t> maxima;
  const auto equal = [&](std::uint32_t a, std::uint32_t b) { return pixels.value[a] == pixels.value[b]; };
  for (const std::uint32_t seed : ordinals) {
    if (seen[seed]) continue;
    const std::vector<std::uint32_t> plateau = image.flood(seed, seen, equal);
    const bool has_higher_neighbour = std::ranges::any_of(plateau, [&](std::uint32_t i) {
      const std::vector<std::uint32_t> others = image.neighbours(i);
      return std::ranges::any_of(others, [&](std::uint32_t j) { return pixels.value[j] > pixels.value[i]; });
    });
    if (!has_higher_neighbour) maxima.push_back(seed);
  }
  return maxima;
}

}  // namespace

void find_components_reference(const SparseFrame& pixels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                               ComponentList& out) {
  const OrdinalImage image(pixels);
  std::vector<bool> seen(pixels.index.size());
  std::vector<std::pair<Component, std::vector<std::uint32_t>>> kept;
  out.n_too_small = 0;
  out.n_too_big = 0;
  out.maxima.clear();
  for (std::uint32_t seed = 0; seed < pixels.index.size(); ++seed) {
    if (seen[seed]) continue;
    std::vector<std::uint32_t> ordinals = image.flood(seed, seen, [](auto, auto) { return true; });
    if (ordinals.size() < min_pixels) {
      ++out.n_too_small;
    } else if (ordinals.size() > max_pixels) {
      ++out.n_too_big;
    } else {
      Component component = measure(pixels, ordinals);
      const std::vector<std::uint32_t> maxima = regional_maxima(pixels, image, ordinals);
      component.n_maxima = static_cast<std::uint32_t>(maxima.size());
      out.maxima.insert(out.maxima.end(), maxima.begin(), maxima.end());
      if (component.n_maxima > 1) component.flags |= several_maxima;
      kept.emplace_back(component, std::move(ordinals));
    }
  }
  std::ranges::sort(kept, {}, [](const auto& entry) {
    return std::tuple(entry.first.row_begin, entry.first.col_begin, entry.first.first_pixel);
  });
  std::ranges::sort(out.maxima);
  out.components.clear();
  out.component_of.assign(pixels.index.size(), no_component);
  for (const auto& [component, ordinals] : kept) {
    for (const std::uint32_t i : ordinals) {
      out.component_of[i] = static_cast<std::uint32_t>(out.components.size());
    }
    out.components.push_back(component);
  }
}

}  // namespace braggd
