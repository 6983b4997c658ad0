// Raw pixels to sparse pixels: mask, dark, threshold.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <braggd/frame.hpp>

namespace braggd {

/// What decides about a pixel; spans are rows x cols or empty.
struct SparsifyRule {
  std::span<const float> dark;           ///< subtracted in float32; NaN: no value there
  std::span<const std::uint8_t> masked;  ///< non-zero: no value there (includes the NaNs of `dark`)
  float at_least = 0;                    ///< kept if float32(raw) - dark >= at_least
  std::uint64_t saturation_value = ~std::uint64_t{0};  ///< raw values from here on set pixel_saturated
  std::uint64_t max_pixels = 0;                        ///< more survivors than this give the frame up
};

/// The no-data rule: of N-bit integers the values 2^N-1 and 2^N-2, of floats everything that is not finite.
/// `raw` holds shape.pixels() elements of `type`, little-endian, at any alignment. Fills index, value, flagged and
/// status of `out` (capacities are reused). Returns false where more than max_pixels survive.
bool sparsify(PixelType type, Shape shape, std::span<const std::byte> raw, const SparsifyRule& rule,
              SparseFrame& out);

/// Raw pixels to float32, NaN where there is no value; collects what reached the saturation value (ascending
/// indices) and returns frame_not_finite where a float frame held NaN or infinity, else 0. Masked pixels are neither.
std::uint8_t to_dense(PixelType type, std::span<const std::byte> raw, std::span<const std::uint8_t> masked,
                      std::uint64_t saturation_value, std::span<float> pixels,
                      std::vector<std::uint32_t>& saturated);

/// Keeps the pixels >= at_least of a dense frame (NaN: no value), with the same flags as `sparsify`. This plain form
/// is the definition. Returns false where more than max_pixels survive.
bool threshold_dense(const DenseFrame& frame, float at_least, std::uint64_t max_pixels, SparseFrame& out);

}  // namespace braggd
