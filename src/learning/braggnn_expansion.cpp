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

constexpr Eigen::Index features = 64, inner = 32, window = 10;
constexpr std::int64_t patch_px_of_names = 11;  // names do not depend on it

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

Weight weight_of(const Matrix& values, std::vector<std::int64_t> shape) {
  Weight weight{std::move(shape), {}};
  for (const double value : values.reshaped<Eigen::RowMajor>())
    weight.values.push_back(static_cast<float>(value));
  return weight;
}

/// A layer after the first convolution, so that both together map a window by `affine` (up to 10 rows x 10). Its bias
/// gives what does not depend on the pixels.
void add_layer(const std::string& name, const Matrix& affine, const Matrix& inverse_of_first,
               NamedWeights& weights) {
  Matrix all = Matrix::Zero(inner, window), bias = Matrix::Zero(inner, 1);
  all.topRows(affine.rows()) = affine;
  bias.col(0) = all.col(window - 1);
  all.col(window - 1).setZero();
  weights.emplace(name + ".weight", weight_of(all * inverse_of_first, {inner, features, 1, 1}));
  weights.emplace(name + ".bias", weight_of(bias, {inner}));
}

}  // namespace

// With first the 64 x 10 map of a window by the first convolution and its left inverse: theta gives the window itself,
// phi M times it, g the window again, and the last convolution U.
NamedWeights expanded_weights(const NamedWeights& collapsed) {
  const Matrix logits = matrix_of(collapsed, "block_logits", window, window);
  const Matrix output = matrix_of(collapsed, "block_output", features, 2 * window);
  const Matrix first = output.rightCols(window);
  const Eigen::CompleteOrthogonalDecomposition<Matrix> decomposition(first);
  if (decomposition.rank() < window)
    throw ConfigError("its first convolution gives less than nine numbers a window: train the network anew");
  const Matrix inverse = decomposition.pseudoInverse();
  NamedWeights weights;
  weights.emplace("cnn_layers.0.weight", weight_of(first.leftCols(window - 1), {features, 1, 3, 3}));
  weights.emplace("cnn_layers.0.bias", weight_of(first.rightCols(1), {features}));
  add_layer("nlb.theta_layer", Matrix::Identity(window, window), inverse, weights);
  add_layer("nlb.phi_layer", logits, inverse, weights);
  add_layer("nlb.g_layer", Matrix::Identity(window, window), inverse, weights);
  Matrix last = Matrix::Zero(features, inner);
  last.leftCols(window) = output.leftCols(window);
  weights.emplace("nlb.out_cnn.weight", weight_of(last, {features, inner, 1, 1}));
  weights.emplace("nlb.out_cnn.bias", Weight{{features}, std::vector<float>(features, 0.0F)});
  for (const WeightPlan& planned : braggnn_weights(patch_px_of_names)) {
    std::string in_script = planned.name;
    std::ranges::replace(in_script, '.', '_');
    const auto found = collapsed.find(in_script);
    if (found != collapsed.end()) weights.emplace(planned.name, found->second);
  }
  return weights;
}

}  // namespace braggd
