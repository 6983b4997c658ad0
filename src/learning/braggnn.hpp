// BraggNN (Liu et al. 2022, IUCrJ 9, 104): its published form and the same function with fewer steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learning/network_plan.hpp"

namespace braggd {

enum class BraggnnForm : std::uint8_t {
  published,  ///< as it is written down: the definition
  collapsed,  ///< the non-local block as a bilinear form of 3 x 3 windows, see collapsed_block
};

/// Of the non-local block: channels around it and within it, and numbers of an affine map of a 3 x 3 window.
struct BraggnnBlock {
  static constexpr std::size_t features = 64, inner = 32, window = 10;
};

/// The weights of BraggNN for patches of patch_px (odd), fully connected layers 16-8-4-2, by the names of its authors'
/// state dictionary, dots and all.
std::vector<WeightPlan> braggnn_weights(std::uint32_t patch_px);

/// The script of one form, with its weights. Weights of the authors' first code generation, whose phi and g layers
/// were never used (g's bias is all 0), get theta's in their place. Throws ConfigError where a weight is missing or of
/// another shape.
Script braggnn_script(NamedWeights weights, BraggnnForm form);

/// The collapsed form computed from the published weights in every call, so that they can be trained through it.
std::string braggnn_training_source();

/// The first convolution has no activation before the non-local block, so that theta, phi and g are affine in the 3 x 3
/// window p around a pixel (10 numbers, the last 1): the logits are p_i' M p_j, and the block's output is
/// U (attention-weighted mean of p) + C p. Computed in double precision: "block_logits" M 10 x 10, "block_output"
/// [U C] 64 x 20.
NamedWeights collapsed_block(const NamedWeights& weights);

/// Weights of the published form with the function of a collapsed script's, by which they are named: trainings can go on
/// from them. They are not those that were collapsed: others collapse to the same. Throws ConfigError where there is no
/// collapsed block, or one whose first convolution does not tell all windows apart.
NamedWeights expanded_weights(const NamedWeights& collapsed);

/// Lines of TorchScript for fully connected layers on [patches, inputs], the number of patches a multiple of 16.
/// BLAS sums the elements of a product in an order that depends on their place in it; convolutions do not, so the layers
/// are 1 x 1 convolutions over sixteen images of patches, and a patch's answer depends on nothing but the patch.
namespace dense_layers {
/// `to` = `from` made ready for layers; and back.
std::string begin(const std::string& to, const std::string& from);
std::string end(const std::string& to, const std::string& from);
/// `to` = the layer of `weight` (a row an output) and `bias` on `from`, between `before` and `behind`.
std::string layer(const std::string& to, const std::string& from, const std::string& weight,
                  const std::string& bias, const std::string& before, const std::string& behind);
}  // namespace dense_layers

/// True for weights of the authors' first code generation, which evaluates phi and g with theta's layer.
bool shares_theta(const NamedWeights& weights);

}  // namespace braggd
