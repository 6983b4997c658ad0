// One bit a pixel of a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <braggd/frame.hpp>

namespace braggd {

/// Bits of a frame's pixels in raster order. Words may be read at any pixel that is a multiple of 8, and reach up to
/// 512 pixels beyond the last pixel, where no bit is set.
class PixelBits {
 public:
  PixelBits() = default;
  explicit PixelBits(std::uint64_t n_pixels) : bytes_(n_pixels / 8 + 65) {}

  /// No bit set, for so many pixels; memory is used again.
  void reset(std::uint64_t n_pixels) { bytes_.assign(n_pixels / 8 + 65, 0); }

  bool empty() const { return bytes_.empty(); }
  void set(std::size_t pixel) {
    bytes_[pixel / 8] = static_cast<std::uint8_t>(bytes_[pixel / 8] | 1U << pixel % 8);
  }
  bool operator[](std::size_t pixel) const { return (bytes_[pixel / 8] >> pixel % 8 & 1U) != 0; }
  /// 64 pixels from `pixel` on, a multiple of 8.
  std::uint64_t word(std::size_t pixel) const {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes_.data() + pixel / 8, sizeof bits);
    return bits;
  }
  void add(std::size_t pixel, std::uint64_t bits) {
    bits |= word(pixel);
    std::memcpy(bytes_.data() + pixel / 8, &bits, sizeof bits);
  }
  const std::uint8_t* data() const { return bytes_.data(); }

  /// Whether one of the pixels [first, last], three at most, is set.
  bool any(std::size_t first, std::size_t last) const {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes_.data() + first / 8, sizeof bits);
    return (std::uint32_t{bits} >> first % 8 & ((2U << (last - first)) - 1U)) != 0;
  }
  /// Whether one of the pixel's 8 neighbours, or it itself, is set.
  bool any_around(Shape shape, std::size_t pixel) const {
    const std::size_t row = pixel / shape.cols, col = pixel % shape.cols;
    const std::size_t left = col == 0 ? 0 : col - 1;
    const std::size_t right = col + 1 == shape.cols ? col : col + 1;
    const std::size_t bottom = row + 1 == shape.rows ? row : row + 1;
    for (std::size_t r = row == 0 ? 0 : row - 1; r <= bottom; ++r) {
      if (any(r * shape.cols + left, r * shape.cols + right)) return true;
    }
    return false;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace braggd
