// What networks are shown of a patch.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/kernel_set.hpp"

namespace braggd {

/// Every kernel set gives the same bits. Patches are size_px x size_px, at most 32 x 32, row-major; NaN and infinity are
/// no value and count as 0.
struct SquaredCentroid {
  float row, col;
};

/// Centroid of a patch with weights x^2 (positive counts only), in px from the centre of its first pixel; the middle of
/// the patch where nothing is positive.
SquaredCentroid squared_centroid(std::span<const float> patch, std::uint32_t size_px);
SquaredCentroid squared_centroid_with(KernelSet set, std::span<const float> patch, std::uint32_t size_px);

/// The values themselves.
void finite_channel(std::span<const float> patch, std::span<float> channel);

/// (x - min) / (max - min); 0 for a flat patch.
void min_max_channel(std::span<const float> patch, std::span<float> channel);

/// sqrt(x / max), and behind it the mask: sqrt(threshold / max) for positive pixels, 0 for others, -1 without a value.
/// The rest of both is 0 where nothing is positive.
void sqrt_and_mask_channels(std::span<const float> patch, float threshold, std::span<float> channels);
void sqrt_and_mask_channels_with(KernelSet set, std::span<const float> patch, float threshold,
                                 std::span<float> channels);

}  // namespace braggd
