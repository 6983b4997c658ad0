#include "kernels/decimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace braggd {

namespace {

template <class T>
bool has_value(T pixel) {
  if constexpr (std::is_floating_point_v<T>)
    return !std::isnan(pixel);
  else
    return pixel < std::numeric_limits<T>::max() - 1;
}

template <class T>
void decimate(Shape shape, std::span<const std::byte> pixels, std::span<const std::uint32_t> mask,
              std::uint32_t factor, std::span<float> out) {
  std::ranges::fill(out, std::numeric_limits<float>::quiet_NaN());
  const std::size_t out_cols = (shape.cols + factor - 1) / factor;
  for (std::size_t row = 0; row < shape.rows; ++row) {
    float* to = out.data() + row / factor * out_cols;
    const std::size_t begin = row * shape.cols;
    for (std::size_t col = 0; col < shape.cols; ++col) {
      T pixel;
      std::memcpy(&pixel, pixels.data() + (begin + col) * sizeof(T), sizeof(T));
      if (!has_value(pixel) || (!mask.empty() && mask[begin + col] != 0)) continue;
      float& most = to[col / factor];
      const auto value = static_cast<float>(pixel);
      if (!(most >= value)) most = value;
    }
  }
}

}  // namespace

void decimate_maxima(PixelType type, Shape shape, std::span<const std::byte> pixels,
                     std::span<const std::uint32_t> mask, std::uint32_t factor, std::span<float> out) {
  switch (type) {
    case PixelType::u8:
      return decimate<std::uint8_t>(shape, pixels, mask, factor, out);
    case PixelType::u16:
      return decimate<std::uint16_t>(shape, pixels, mask, factor, out);
    case PixelType::u32:
      return decimate<std::uint32_t>(shape, pixels, mask, factor, out);
    case PixelType::f32:
      return decimate<float>(shape, pixels, mask, factor, out);
  }
}

}  // namespace braggd
