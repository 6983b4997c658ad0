// From raw patches to what a network takes.
#pragma once

#include <span>

#include "inference/model_manifest.hpp"

namespace braggd {

/// Writes the network's channels of one patch, channel by channel, `manifest.channels() * manifest.patch_pixels()`
/// floats, all finite. A flat patch is 0 under min_max; one without positive counts is 0, and -1 in the mask without a
/// value, under sqrt_and_mask.
void prepare_patch(PatchInput input, std::span<const float> patch, float threshold,
                   std::span<float> channels);

}  // namespace braggd
