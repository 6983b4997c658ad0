#include "kernels/decimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace braggd {

namespace {

/// Pixels as keys that are ordered as their counts are, below all of them what has no value: an unsigned type's two
/// largest values, which mean no data, wrap around to 0 and 1.
template <class T>
struct Keys {
  using Key = T;
  static constexpr Key none = 0;
  static Key of(T pixel) { return static_cast<Key>(pixel + 2); }
  static float value(Key key) {
    return key < 2 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(static_cast<Key>(key - 2));
  }
};

template <>
struct Keys<float> {
  using Key = float;
  static constexpr Key none = -std::numeric_limits<float>::infinity();
  static Key of(float pixel) { return pixel; }  // NaN is larger than nothing
  static float value(Key key) { return key == none ? std::numeric_limits<float>::quiet_NaN() : key; }
};

/// The largest keys of each column over rows [row, end); plain loops that compilers make vectors of.
template <class T>
void take_rows(Shape shape, std::size_t row, std::size_t end, std::span<const std::byte> pixels,
               std::span<const std::uint32_t> mask, std::span<typename Keys<T>::Key> most) {
  using Key = typename Keys<T>::Key;
  std::ranges::fill(most, Keys<T>::none);
  for (; row < end; ++row) {
    const std::byte* from = pixels.data() + row * shape.cols * sizeof(T);
    const auto pixel = [from](std::size_t col) {
      T value;
      std::memcpy(&value, from + col * sizeof(T), sizeof(T));
      return value;
    };
    if (mask.empty()) {
      for (std::size_t col = 0; col < most.size(); ++col) {
        const Key key = Keys<T>::of(pixel(col));
        most[col] = key > most[col] ? key : most[col];
      }
    } else {
      const std::uint32_t* bad = mask.data() + row * shape.cols;
      for (std::size_t col = 0; col < most.size(); ++col) {
        const Key key = bad[col] != 0 ? Keys<T>::none : Keys<T>::of(pixel(col));
        most[col] = key > most[col] ? key : most[col];
      }
    }
  }
}

template <class T>
void decimate(Shape shape, std::span<const std::byte> pixels, std::span<const std::uint32_t> mask,
              std::uint32_t factor, std::span<float> out) {
  using Key = typename Keys<T>::Key;
  std::vector<Key> most(shape.cols);
  float* to = out.data();
  for (std::size_t row = 0; row < shape.rows; row += factor) {
    take_rows<T>(shape, row, std::min<std::size_t>(row + factor, shape.rows), pixels, mask, most);
    for (std::size_t col = 0; col < most.size(); col += factor) {
      const std::size_t end = std::min<std::size_t>(col + factor, most.size());
      Key key = most[col];
      for (std::size_t i = col + 1; i < end; ++i) key = std::max(key, most[i]);
      *to++ = Keys<T>::value(key);
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
