#include "kernels/patches.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "kernels/sorted_search.hpp"

namespace braggd {
namespace {

constexpr float no_value = std::numeric_limits<float>::quiet_NaN();

/// The part of a patch that lies on the detector, in patch coordinates, ends exclusive.
struct OnDetector {
  std::uint32_t row_begin, row_end, col_begin, col_end;
};

OnDetector on_detector(PatchOrigin origin, std::uint32_t size_px, Shape shape) {
  const auto begin = [](std::int32_t first) { return first < 0 ? static_cast<std::uint32_t>(-first) : 0U; };
  const auto end = [size_px](std::int32_t first, std::uint32_t length) {
    const std::int64_t left = std::int64_t{length} - first;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, size_px));
  };
  return {begin(origin.row), end(origin.row, shape.rows), begin(origin.col), end(origin.col, shape.cols)};
}

void blank(const OnDetector& inside, std::uint32_t size_px, std::span<float> patch) {
  const bool whole = inside.row_begin == 0 && inside.col_begin == 0 && inside.row_end == size_px &&
                     inside.col_end == size_px;
  std::ranges::fill(patch, whole ? 0.F : no_value);
  for (std::uint32_t r = inside.row_begin; r < inside.row_end && !whole; ++r) {
    std::ranges::fill(patch.subspan(r * size_px + inside.col_begin, inside.col_end - inside.col_begin), 0.F);
  }
}

void cut_patch(const ComponentList& list, PatchCentre centre, std::uint32_t size_px,
               std::span<const std::uint8_t> masked, std::span<float> patch) {
  const Shape shape = list.shape;
  const std::vector<std::uint32_t>& index = list.pixels->index;
  const PatchOrigin origin = patch_origin(centre.pixel, shape.cols, size_px);
  const OnDetector inside = on_detector(origin, size_px, shape);
  blank(inside, size_px, patch);
  // 64 bits: the first pixel may lie before the frame's.
  const std::int64_t first = std::int64_t{origin.row} * shape.cols + origin.col;
  const auto frame_index = [&](std::uint32_t row, std::uint32_t col) {
    return static_cast<std::uint32_t>(first + std::int64_t{row} * shape.cols + col);
  };
  std::size_t at = 0;
  for (std::uint32_t r = inside.row_begin; r < inside.row_end; ++r) {
    const std::uint32_t row_first = frame_index(r, inside.col_begin);
    const std::uint32_t row_end = row_first + (inside.col_end - inside.col_begin);
    float* const row = patch.data() + std::size_t{r} * size_px + inside.col_begin;
    at = r == inside.row_begin ? first_not_below(index, row_first) : gallop_to(index, at, row_first);
    for (; at < index.size() && index[at] < row_end; ++at) {
      if (list.component_of[at] == centre.component) row[index[at] - row_first] = list.pixels->value[at];
    }
    for (std::uint32_t i = row_first; i < row_end && !masked.empty(); ++i) {
      if (masked[i] != 0) row[i - row_first] = no_value;
    }
  }
}

}  // namespace

void cut_patches(const ComponentList& list, std::span<const PatchCentre> centres, std::uint32_t size_px,
                 std::span<const std::uint8_t> masked, std::span<float> patches) {
  const std::size_t area = std::size_t{size_px} * size_px;
  for (std::size_t i = 0; i < centres.size(); ++i) {
    cut_patch(list, centres[i], size_px, masked, patches.subspan(i * area, area));
  }
}

void cut_patches_reference(const ComponentList& list, std::span<const PatchCentre> centres,
                           std::uint32_t size_px, std::span<const std::uint8_t> masked,
                           std::span<float> patches) {
  const std::vector<std::uint32_t>& index = list.pixels->index;
  std::size_t next = 0;
  for (const PatchCentre& centre : centres) {
    const PatchOrigin origin = patch_origin(centre.pixel, list.shape.cols, size_px);
    for (std::int64_t row = origin.row; row < origin.row + std::int64_t{size_px}; ++row) {
      for (std::int64_t col = origin.col; col < origin.col + std::int64_t{size_px}; ++col) {
        float& out = patches[next++];
        out = no_value;
        if (row < 0 || col < 0 || row >= list.shape.rows || col >= list.shape.cols) continue;
        const auto pixel = static_cast<std::uint32_t>(row * list.shape.cols + col);
        if (!masked.empty() && masked[pixel] != 0) continue;
        const auto found = std::ranges::lower_bound(index, pixel);
        const auto ordinal = static_cast<std::size_t>(found - index.begin());
        const bool own =
            found != index.end() && *found == pixel && list.component_of[ordinal] == centre.component;
        out = own ? list.pixels->value[ordinal] : 0.F;
      }
    }
  }
}

}  // namespace braggd
