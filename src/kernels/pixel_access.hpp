// Raw pixels at any alignment, and which of them are no data.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <braggd/frame.hpp>

namespace braggd {

template <class Pixel>
Pixel load_pixel(const std::byte* raw, std::size_t i) {
  Pixel value{};
  std::memcpy(&value, raw + i * sizeof(Pixel), sizeof value);
  return value;
}

/// Of N-bit integers the values from here on are no data: 2^N-2 and 2^N-1.
template <std::unsigned_integral Pixel>
inline constexpr Pixel first_no_data = std::numeric_limits<Pixel>::max() - 1;

template <class Pixel>
bool is_no_data(Pixel raw) {
  if constexpr (std::floating_point<Pixel>) {
    return !std::isfinite(raw);
  } else {
    return raw >= first_no_data<Pixel>;
  }
}

/// Integers are compared as integers, floats by value.
template <class Pixel>
bool is_saturated(Pixel raw, std::uint64_t saturation_value) {
  if constexpr (std::floating_point<Pixel>) {
    return static_cast<double>(raw) >= static_cast<double>(saturation_value);
  } else {
    return raw >= saturation_value;
  }
}

/// Calls f with a value of the C++ type that `type` names.
template <class F>
decltype(auto) with_pixel_type(PixelType type, F&& f) {
  switch (type) {
    case PixelType::u8:
      return f(std::uint8_t{});
    case PixelType::u16:
      return f(std::uint16_t{});
    case PixelType::u32:
      return f(std::uint32_t{});
    case PixelType::f32:
      return f(float{});
  }
  throw std::invalid_argument("unknown pixel type");
}

}  // namespace braggd
