// Published weights for a collapsed BraggNN.
#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <string>
#include <utility>

#include <braggd/error.hpp>

#include "learning/braggnn.hpp"

namespace braggd {

namespace {

constexpr Eigen::Index outer_size = BraggnnBlock::features, inner_size = BraggnnBlock::inner,
                       map_size = BraggnnBlock::window;
constexpr std::uint32_t patch_px_of_names = 11;  // names do not depend on it

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix matrix_of(const NamedWeights& weights, const std::string& name, Eigen::Index rows, Eigen::Index cols) {
  const auto found = weights.find(name);
  if (found == weights.end() || found->second.shape != std::vector<std::int64_t>{rows, cols}) {
    throw ConfigError("these are no weights of a collapsed BraggNN: " + name +
                      " is missing or has another shape");
  }
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
             found->second.values.data(), rows, cols)
      .cast<double>();
}

Weight to_weight(const Matrix& values, std::vector<std::int64_t> shape) {
  Weight weight{std::move(shape), {}};
  for (const double value : values.reshaped<Eigen::RowMajor>())
    weight.values.push_back(static_cast<float>(value));
  return weight;
}

/// A layer after the first convolution, so that both together map a window by `affine` (up to 10 rows x 10). Its bias
/// gives what does not depend on the pixels.
void add_layer(const std::string& name, const Matrix& affine, const Matrix& inverse_of_first,
               NamedWeights& weights) {
  Matrix all = Matrix::Zero(inner_size, map_size), bias = Matrix::Zero(inner_size, 1);
  all.topRows(affine.rows()) = affine;
  bias.col(0) = all.col(map_size - 1);
  all.col(map_size - 1).setZero();
  weights.emplace(name + ".weight", to_weight(all * inverse_of_first, {inner_size, outer_size, 1, 1}));
  weights.emplace(name + ".bias", to_weight(bias, {inner_size}));
}

}  // namespace

// With first the 64 x 10 map of a window by the first convolution and its left inverse: theta gives the window itself,
// phi M times it, g the window again, and the last convolution U.
NamedWeights expanded_weights(const NamedWeights& collapsed) {
  const Matrix logits = matrix_of(collapsed, "block_logits", map_size, map_size);
  const Matrix output = matrix_of(collapsed, "block_output", outer_size, 2 * map_size);
  const Matrix first = output.rightCols(map_size);
  const Eigen::CompleteOrthogonalDecomposition<Matrix> decomposition(first);
  if (decomposition.rank() < map_size)
    throw ConfigError("its first convolution gives less than nine numbers a window: train the network anew");
  const Matrix inverse = decomposition.pseudoInverse();
  NamedWeights weights;
  weights.emplace("cnn_layers.0.weight", to_weight(first.leftCols(map_size - 1), {outer_size, 1, 3, 3}));
  weights.emplace("cnn_layers.0.bias", to_weight(first.rightCols(1), {outer_size}));
  add_layer("nlb.theta_layer", Matrix::Identity(map_size, map_size), inverse, weights);
  add_layer("nlb.phi_layer", logits, inverse, weights);
  add_layer("nlb.g_layer", Matrix::Identity(map_size, map_size), inverse, weights);
  Matrix last = Matrix::Zero(outer_size, inner_size);
  last.leftCols(map_size) = output.leftCols(map_size);
  weights.emplace("nlb.out_cnn.weight", to_weight(last, {outer_size, inner_size, 1, 1}));
  weights.emplace("nlb.out_cnn.bias", Weight{{outer_size}, std::vector<float>(BraggnnBlock::features, 0.0F)});
  for (const WeightPlan& planned : braggnn_weights(patch_px_of_names)) {
    std::string in_script = planned.name;
    std::ranges::replace(in_script, '.', '_');
    const auto found = collapsed.find(in_script);
    if (found != collapsed.end()) weights.emplace(planned.name, found->second);
  }
  return weights;
}

}  // namespace braggd
