// Weights of BraggNN that others have trained.
#pragma once

#include <cstdint>
#include <filesystem>

#include "learning/network_plan.hpp"

namespace braggd {

/// The authors' weights, whatever code they belong to.
struct ForeignBraggnn {
  NamedWeights weights;  ///< by the names of the authors' state dictionary
  std::uint32_t patch_px = 0;
  bool shares_theta = false;  ///< of the first code generation, which evaluates phi and g with theta's layer
};

/// Reads a state dictionary from HDF5: datasets by the weights' names, in the group `state_dict` or at the root (LibTorch
/// cannot read what `torch.save` makes of one). Networks of 11 x 11 and 15 x 15 px with fully connected layers 16-8-4-2 are
/// known. Throws InputError that says which weight is missing or has another shape.
ForeignBraggnn read_foreign_braggnn(const std::filesystem::path& file);

}  // namespace braggd
