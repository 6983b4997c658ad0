// Errors that a network states held against what they turn out to be.
#pragma once

#include <optional>
#include <span>

#include "inference/patch_position.hpp"
#include "kernels/error_by_height.hpp"
#include "learning/training_patches.hpp"

namespace braggd {

/// What must be added to the logarithms of the errors of `places` so that at every height 68.3 % of the coordinates lie
/// within them. Heights at which there are too few patches take their neighbours' answer; none at all: nothing is
/// added.
ErrorByHeight calibrate_errors(const TrainingPatches& patches, std::span<const PatchPosition> places);

/// By what the errors of `places` must be multiplied where the noise is known, so that the same share lies within them at
/// every height, of whole peaks and of cut ones, and of those whose noise is below what is usual at that height as of the
/// others. None: there are too few patches.
std::optional<ErrorByNoise> calibrate_errors_by_noise(const TrainingPatches& patches,
                                                      std::span<const PatchPosition> places);

}  // namespace braggd
