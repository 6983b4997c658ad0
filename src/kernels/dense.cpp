// The plain forms: a dense frame, and its pixels above threshold. They define what `sparsify` fuses.
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "kernels/pixel_access.hpp"
#include "kernels/sparsify.hpp"

namespace braggd {

namespace {

bool has_valueless_neighbour(const DenseFrame& frame, std::size_t row, std::size_t col) {
  const std::size_t bottom = std::min<std::size_t>(row + 1, frame.shape.rows - 1);
  const std::size_t right = std::min<std::size_t>(col + 1, frame.shape.cols - 1);
  for (std::size_t r = row == 0 ? 0 : row - 1; r <= bottom; ++r) {
    for (std::size_t c = col == 0 ? 0 : col - 1; c <= right; ++c) {
      if (!std::isfinite(frame.pixels[r * frame.shape.cols + c])) return true;
    }
  }
  return false;
}

void flag_pixels(const DenseFrame& frame, SparseFrame& out) {
  auto next_saturated = frame.saturated.begin();
  for (std::size_t ordinal = 0; ordinal < out.index.size(); ++ordinal) {
    const std::uint32_t i = out.index[ordinal];
    next_saturated =
        std::find_if(next_saturated, frame.saturated.end(), [&](std::uint32_t s) { return s >= i; });
    unsigned flags = 0;
    if (has_valueless_neighbour(frame, i / frame.shape.cols, i % frame.shape.cols))
      flags |= pixel_beside_mask;
    if (next_saturated != frame.saturated.end() && *next_saturated == i) flags |= pixel_saturated;
    if (flags != 0) {
      out.flagged.push_back({static_cast<std::uint32_t>(ordinal), static_cast<std::uint8_t>(flags)});
    }
  }
}

}  // namespace

std::uint8_t to_dense(PixelType type, std::span<const std::byte> raw, std::span<const std::uint8_t> masked,
                      std::uint64_t saturation_value, std::span<float> pixels,
                      std::vector<std::uint32_t>& saturated) {
  if (raw.size() != pixels.size() * bytes_per_pixel(type) ||
      (!masked.empty() && masked.size() != pixels.size())) {
    throw std::invalid_argument("to_dense: raw pixels and mask differ in size from the frame");
  }
  saturated.clear();
  return with_pixel_type(type, [&](auto pixel) {
    using Pixel = decltype(pixel);
    std::uint8_t status = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const auto value = load_pixel<Pixel>(raw.data(), i);
      pixels[i] = std::numeric_limits<float>::quiet_NaN();
      if (!masked.empty() && masked[i] != 0) continue;
      if (is_no_data(value)) {
        if constexpr (std::floating_point<Pixel>) status = frame_not_finite;
        continue;
      }
      pixels[i] = static_cast<float>(value);
      if (is_saturated(value, saturation_value)) saturated.push_back(static_cast<std::uint32_t>(i));
    }
    return status;
  });
}

bool threshold_dense(const DenseFrame& frame, float at_least, std::uint64_t max_pixels, SparseFrame& out) {
  if (frame.pixels.size() != frame.shape.pixels()) {
    throw std::invalid_argument("threshold_dense: the pixels are not as many as the frame has");
  }
  out.meta = frame.meta;
  out.shape = frame.shape;
  out.status = frame.status;
  out.index.clear();
  out.value.clear();
  out.flagged.clear();
  for (std::size_t i = 0; i < frame.pixels.size(); ++i) {
    const float value = frame.pixels[i];
    if (!std::isfinite(value) || !(value >= at_least)) continue;
    if (out.index.size() == max_pixels) {
      out.index.clear();
      out.value.clear();
      return false;
    }
    out.index.push_back(static_cast<std::uint32_t>(i));
    out.value.push_back(value);
  }
  flag_pixels(frame, out);
  return true;
}

}  // namespace braggd
