#include "inference/patch_input.hpp"

#include "kernels/patch_channels.hpp"

namespace braggd {

void prepare_patch(PatchInput input, std::span<const float> patch, float threshold,
                   std::span<float> channels) {
  switch (input) {
    case PatchInput::raw:
      finite_channel(patch, channels);
      break;
    case PatchInput::min_max:
      min_max_channel(patch, channels);
      break;
    case PatchInput::sqrt_and_mask:
      sqrt_and_mask_channels(patch, threshold, channels);
      break;
  }
}

}  // namespace braggd
