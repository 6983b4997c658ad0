#include "learning/braggnn.hpp"

#include <cmath>
#include <gmock/gmock.h>

#include <braggd/error.hpp>

#include "formats/hdf5_values.hpp"
#include "inference/script_module.hpp"
#include "learning/script_writer.hpp"
#include "learning/weight_file.hpp"
#include "shared_data.hpp"
#include "unit/inference/bundles.hpp"

namespace braggd {
namespace {

std::vector<float> answers(const Script& script, std::vector<float> patches, std::uint32_t patch_px) {
  const std::size_t n = patches.size() / (std::size_t{patch_px} * patch_px);
  const ScriptModule module(write_script(script), {n, 1, patch_px, 2}, "cpu", false);
  std::vector<float> out(2 * n);
  module.run(patches, out);
  return out;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest;
}

std::vector<float> floats(const hdf5::Handle& file, const char* path) {
  const auto numbers = hdf5::read_numbers(file, path, 1U << 20U);
  return {numbers->values.begin(), numbers->values.end()};
}

TEST(Braggnn, InBothFormsGivesTheOutputsOfWeightsThatOthersTrained) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const auto path = shared_data("braggnn-parity/psz15.h5");
  BRAGGD_SKIP_WITHOUT(path);
  const NamedWeights weights = read_foreign_braggnn(path).weights;
  const hdf5::Handle file = hdf5::open_file(path);
  std::vector<float> patches = floats(file, "patches");
  const std::vector<float> expected = floats(file, "outputs");
  EXPECT_FALSE(shares_theta(weights));
  for (const BraggnnForm form : {BraggnnForm::published, BraggnnForm::collapsed}) {
    EXPECT_LT(largest_difference(answers(braggnn_script(weights, form), patches, 15), expected), 1e-5)
        << static_cast<int>(form);
  }
}

/// Drawn, no bias 0.
NamedWeights drawn_weights(std::uint32_t patch_px) {
  NamedWeights weights = initial_weights(network_plan("braggnn-" + std::to_string(patch_px)), 11);
  Random random(12, RandomStream::patch);
  for (auto& [name, weight] : weights) {
    for (float& value : weight.values) value += static_cast<float>(random.uniform(-0.1, 0.1));
  }
  return weights;
}

std::vector<float> patches_within_one(std::uint32_t patch_px) {
  std::vector<float> patches = random_patches(16, patch_px);
  for (float& value : patches) value = std::isnan(value) ? 0.0F : value / 1000;
  return patches;
}

TEST(Braggnn, CollapsesToTheSameFunction) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  for (const std::uint32_t patch_px : {11U, 15U}) {
    const NamedWeights weights = drawn_weights(patch_px);
    const std::vector<float> patches = patches_within_one(patch_px);
    const std::vector<float> published =
        answers(braggnn_script(weights, BraggnnForm::published), patches, patch_px);
    EXPECT_LT(largest_difference(answers(braggnn_script(weights, BraggnnForm::collapsed), patches, patch_px),
                                 published),
              1e-5);
  }
}

TEST(Braggnn, ExpandsToWeightsOfTheSameFunction) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  for (const std::uint32_t patch_px : {11U, 15U}) {
    const NamedWeights weights = drawn_weights(patch_px);
    const Script collapsed = braggnn_script(weights, BraggnnForm::collapsed);
    const NamedWeights expanded = expanded_weights(collapsed.weights);
    EXPECT_FALSE(shares_theta(expanded));
    const std::vector<float> patches = patches_within_one(patch_px);
    EXPECT_LT(largest_difference(answers(braggnn_script(expanded, BraggnnForm::published), patches, patch_px),
                                 answers(collapsed, patches, patch_px)),
              1e-5);
  }
}

TEST(Braggnn, IsNotExpandedWhereItsBlockIsMissingOrItsFirstConvolutionLosesSomething) {
  const Script collapsed = braggnn_script(drawn_weights(11), BraggnnForm::collapsed);
  NamedWeights lossy = collapsed.weights;
  for (std::size_t row = 0; row < 64; ++row) lossy.at("block_output").values[row * 20 + 12] = 0;
  EXPECT_THROW(expanded_weights(lossy), ConfigError);
  NamedWeights without = collapsed.weights;
  without.erase("block_logits");
  EXPECT_THROW(expanded_weights(without), ConfigError);
}

TEST(Braggnn, OfTheFirstCodeGenerationIsToldByItsUnusedBiasAndGivenThetaThroughout) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  NamedWeights weights = initial_weights(network_plan("braggnn-11"), 13);
  weights.at("nlb.theta_layer.bias").values[3] = 0.5F;
  ASSERT_TRUE(shares_theta(weights));
  NamedWeights tied = weights;
  for (const char* part : {"weight", "bias"}) {
    for (const char* layer : {"phi", "g"}) {
      tied["nlb." + std::string(layer) + "_layer." + part] =
          weights.at(std::string("nlb.theta_layer.") + part);
    }
  }
  ASSERT_FALSE(shares_theta(tied));
  std::vector<float> patches = random_patches(4, 11);
  for (float& value : patches) value = std::isnan(value) ? 0.0F : value / 1000;
  EXPECT_EQ(answers(braggnn_script(weights, BraggnnForm::published), patches, 11),
            answers(braggnn_script(tied, BraggnnForm::published), patches, 11));
}

TEST(Braggnn, HasAsManyWeightsAsPublished) {
  for (const auto& [patch_px, count] : {std::pair{11U, 33172U}, std::pair{15U, 40340U}}) {
    std::size_t n = 0;
    for (const auto& [name, weight] :
         initial_weights(network_plan("braggnn-" + std::to_string(patch_px)), 1)) {
      n += weight.values.size();
    }
    EXPECT_EQ(n, count);
  }
}

TEST(Braggnn, WithAWeightMissingOrOfAnotherShapeIsRefused) {
  NamedWeights weights = initial_weights(network_plan("braggnn-11"), 1);
  weights.at("cnn_layers.4.weight").shape = {8, 32, 9, 1};
  EXPECT_THROW(braggnn_script(weights, BraggnnForm::collapsed), ConfigError);
  weights.erase("dense_layers.0.weight");
  EXPECT_THROW(braggnn_script(weights, BraggnnForm::collapsed), ConfigError);
}

}  // namespace
}  // namespace braggd
