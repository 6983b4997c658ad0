#include "kernels/rei_patches.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>

namespace braggd {

namespace {

constexpr std::uint32_t no_patch = std::numeric_limits<std::uint32_t>::max();

enum class Fit : std::uint8_t { too_small, too_big, fits };

Fit fit_of(const Component& c) {
  const int height_px = c.row_end - c.row_begin, width_px = c.col_end - c.col_begin;
  if (std::min(height_px, width_px) < static_cast<int>(rei_smallest_box_px)) return Fit::too_small;
  if (std::max(height_px, width_px) > static_cast<int>(rei_patch_px)) return Fit::too_big;
  return Fit::fits;
}

// Where the patch begins for a box that begins and ends there.
std::int32_t origin_of(std::int32_t begin, std::int32_t end) {
  return begin - (static_cast<std::int32_t>(rei_patch_px) - (end - begin)) / 2;
}

// The u16 that an intensity is cut to.
std::uint16_t truncated(float intensity) {
  if (!(intensity > -0x1p31F && intensity < 0x1p31F)) return 0;
  return static_cast<std::uint16_t>(static_cast<std::int32_t>(intensity));
}

bool is_flat(std::span<const float> patch, ReiMode mode) {
  const auto differs = [&](float value) {
    return mode == ReiMode::compat ? truncated(value) != truncated(patch.front()) : value != patch.front();
  };
  return std::ranges::none_of(patch, differs);
}

// Counts a component that gives no patch; else appends an empty patch for it.
bool open_patch(const ComponentList& list, std::uint32_t component, std::uint64_t frame, ReiPatches& out) {
  const Component& c = list.components[component];
  switch (fit_of(c)) {
    case Fit::too_small:
      ++out.n_too_small;
      return false;
    case Fit::too_big:
      ++out.n_too_big;
      out.too_big_pixels += c.n_pixels;
      return false;
    case Fit::fits:
      break;
  }
  out.origins.push_back({frame, origin_of(c.row_begin, c.row_end), origin_of(c.col_begin, c.col_end)});
  out.component.push_back(component);
  return true;
}

void reset(ReiPatches& out) {
  out.origins.clear();
  out.component.clear();
  out.pixels.clear();
  out.n_too_small = out.n_too_big = out.n_flat = 0;
  out.too_big_pixels = 0;
}

// Drops the patches that are flat and converts the others' numbers: what is left to do once all pixels are in.
void finish(ReiMode mode, ReiPatches& out) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto from = out.pixels.begin() + static_cast<std::ptrdiff_t>(i * rei_patch_pixels);
    if (is_flat(out.patch(i), mode)) {
      ++out.n_flat;
      continue;
    }
    if (kept != i) {
      std::copy(from, from + rei_patch_pixels,
                out.pixels.begin() + static_cast<std::ptrdiff_t>(kept * rei_patch_pixels));
      out.origins[kept] = out.origins[i];
      out.component[kept] = out.component[i];
    }
    ++kept;
  }
  out.origins.resize(kept);
  out.component.resize(kept);
  out.pixels.resize(kept * rei_patch_pixels);
  if (mode != ReiMode::compat) return;
  for (float& value : out.pixels) value = rei_compat_intensity(value);
  for (ReiOrigin& origin : out.origins) {
    origin = {rei_compat_coordinate(static_cast<std::int64_t>(origin.frame)),
              rei_compat_coordinate(origin.row), rei_compat_coordinate(origin.col)};
  }
}

void place(const ReiOrigin& origin, std::uint32_t row, std::uint32_t col, float value, float* patch) {
  const auto patch_row = static_cast<std::uint32_t>(static_cast<std::int32_t>(row) - origin.row);
  const auto patch_col = static_cast<std::uint32_t>(static_cast<std::int32_t>(col) - origin.col);
  patch[patch_row * rei_patch_px + patch_col] = value;
}

}  // namespace

std::uint16_t rei_compat_intensity(float intensity) {
  const std::uint32_t whole = truncated(intensity);
  // float16 has 11 significant bits: what has more is rounded at the lowest of them.
  const int surplus_bits = static_cast<int>(std::bit_width(whole)) - 11;
  if (surplus_bits <= 0) return static_cast<std::uint16_t>(whole);
  const std::uint32_t half = std::uint32_t{1} << (surplus_bits - 1);
  const std::uint32_t is_odd = whole >> surplus_bits & 1U;
  const std::uint32_t rounded = (whole + half - 1 + is_odd) >> surplus_bits << surplus_bits;
  return static_cast<std::uint16_t>(rounded);  // 65536 stands for infinity there and is 0 here
}

void cut_rei_patches(const ComponentList& components, std::uint64_t frame, ReiMode mode, ReiPatches& out) {
  reset(out);
  thread_local std::vector<std::uint32_t> patch_of;
  patch_of.assign(components.components.size(), no_patch);
  for (std::uint32_t i = 0; i < patch_of.size(); ++i) {
    if (open_patch(components, i, frame, out)) patch_of[i] = static_cast<std::uint32_t>(out.size() - 1);
  }
  out.pixels.assign(out.size() * rei_patch_pixels, 0);
  if (out.size() == 0) return;
  const SparseFrame& sparse = *components.pixels;
  std::uint64_t row_end = 0;
  std::uint32_t row = 0, row_begin = 0;
  for (std::size_t i = 0; i < sparse.index.size(); ++i) {
    const std::uint32_t component = components.component_of[i];
    if (component == no_component || patch_of[component] == no_patch) continue;
    if (sparse.index[i] >= row_end) {
      row = sparse.index[i] / sparse.shape.cols;
      row_begin = row * sparse.shape.cols;
      row_end = std::uint64_t{row_begin} + sparse.shape.cols;
    }
    const std::size_t patch = patch_of[component];
    place(out.origins[patch], row, sparse.index[i] - row_begin, sparse.value[i],
          &out.pixels[patch * rei_patch_pixels]);
  }
  finish(mode, out);
}

void cut_rei_patches_reference(const ComponentList& components, std::uint64_t frame, ReiMode mode,
                               ReiPatches& out) {
  reset(out);
  for (std::uint32_t component = 0; component < components.components.size(); ++component) {
    if (!open_patch(components, component, frame, out)) continue;
    std::array<float, rei_patch_pixels> patch{};
    const SparseFrame& sparse = *components.pixels;
    for (std::size_t i = 0; i < sparse.index.size(); ++i) {
      if (components.component_of[i] != component) continue;
      place(out.origins.back(), sparse.index[i] / sparse.shape.cols, sparse.index[i] % sparse.shape.cols,
            sparse.value[i], patch.data());
    }
    out.pixels.insert(out.pixels.end(), patch.begin(), patch.end());
  }
  finish(mode, out);
}

}  // namespace braggd
