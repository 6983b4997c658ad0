// Frames made small for people to look at.
#pragma once

#include <cstdint>
#include <span>

#include <braggd/frame.hpp>

namespace braggd {

/// Each output pixel is the maximum of `factor` x `factor` input pixels (fewer at the far edges), so that a single bright pixel
/// stays visible. Input: shape.rows x shape.cols pixels of `type`, decoded; `mask`, if not empty, as many flags, non-zero is
/// bad. Output: ceil(rows / factor) x ceil(cols / factor); NaN where no pixel has a value (bad, NaN, minus infinity, or the two
/// largest values of an unsigned type, which mean no data).
void decimate_maxima(PixelType type, Shape shape, std::span<const std::byte> pixels,
                     std::span<const std::uint32_t> mask, std::uint32_t factor, std::span<float> out);

}  // namespace braggd
