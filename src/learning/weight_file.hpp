#pragma once

#include <filesystem>

#include "learning/network_plan.hpp"

namespace braggd {

/// The weights of BraggNN for patches of `patch_px` from an HDF5 file that holds a group `state_dict` of datasets by the
/// names of the authors' state dictionary. Throws InputError.
NamedWeights read_braggnn_weights(const std::filesystem::path& file, std::uint32_t patch_px);

}  // namespace braggd
