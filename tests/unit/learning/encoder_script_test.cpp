#include "learning/encoder_script.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <string_view>

#include <braggd/error.hpp>

#include "inference/script_weights.hpp"
#include "learning/patch_views.hpp"
#include "learning/script_writer.hpp"
#include "unit/inference/bundles.hpp"
#include "unit/learning/encoder_patches.hpp"

namespace braggd {
namespace {

constexpr std::size_t n_patches = 48;

std::vector<float> run(const Script& script, const std::vector<float>& patches) {
  std::vector<float> scaled(patches.size()), embeddings(n_patches * rei_dimensions);
  for (std::size_t begin = 0; begin < patches.size(); begin += rei_patch_pixels) {
    scale_to_unit(std::span(patches).subspan(begin, rei_patch_pixels),
                  std::span(scaled).subspan(begin, rei_patch_pixels));
  }
  const ScriptShape shape{n_patches, 1, rei_patch_px, rei_dimensions};
  ScriptModule(write_script(script), shape, "cpu", false).run(scaled, embeddings);
  return embeddings;
}

std::vector<float> encoded(const std::vector<float>& weights, const ReiStatistics& statistics,
                           const std::vector<float>& patches) {
  std::vector<float> embeddings(n_patches * rei_dimensions);
  ReiEncoder(weights, statistics).encode(patches, embeddings);
  return embeddings;
}

void expect_near(const std::vector<float>& a, const std::vector<float>& b) {
  float scale = 0, off = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    scale = std::max(scale, std::abs(b[i]));
    off = std::max(off, std::abs(a[i] - b[i]));
  }
  EXPECT_GT(scale, 0.1F);
  EXPECT_LT(off, 1e-4F * scale);
}

// Statistics unlike those of the patches, so that using the wrong ones is seen.
ReiStatistics other_statistics(const std::vector<float>& weights) {
  ReiStatistics statistics = batch_statistics(weights, spot_patches(n_patches, 9));
  for (double& variance : statistics.variance) variance = 2 * variance + 0.01;
  return stored_statistics(statistics);
}

TEST(EncoderScript, HasTheWeightsOfTheKernel) {
  std::size_t n = 0;
  for (const WeightPlan& planned : encoder_weights()) {
    std::size_t size = 1;
    for (const std::int64_t extent : planned.shape) size *= static_cast<std::size_t>(extent);
    n += size;
  }
  EXPECT_EQ(n, rei_encoder_weights);
}

TEST(EncoderScript, GivesTheEmbeddingsOfTheKernel) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const std::vector<float> weights = begun_encoder(), patches = spot_patches(n_patches);
  const ReiStatistics statistics = other_statistics(weights);
  expect_near(run(encoder_script(weights, statistics), patches), encoded(weights, statistics, patches));
}

TEST(EncoderScript, ByTheStatisticsOfTheBatchGivesTheEmbeddingsOfTheKernelWithThese) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const std::vector<float> weights = begun_encoder(), patches = spot_patches(n_patches);
  Script script = encoder_script(weights, ReiStatistics{});
  script.source = "\ndef forward(self, x):\n" + encoder_source(NormStatistics::of_batch) + "    return h\n";
  expect_near(run(script, patches), encoded(weights, batch_statistics(weights, patches), patches));
}

TEST(EncoderScript, ReadBackHoldsTheSameWeightsAndStatistics) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const std::vector<float> weights = begun_encoder(4);
  const ReiStatistics statistics = other_statistics(weights);
  const EncoderWeights encoder =
      encoder_of(read_script_weights(write_script(encoder_script(weights, statistics))));
  EXPECT_EQ(encoder.weights, weights);
  EXPECT_EQ(encoder.statistics.mean, statistics.mean);
  EXPECT_EQ(encoder.statistics.variance, statistics.variance);
}

TEST(EncoderScript, NamesMayHaveDots) {
  NamedWeights weights = encoder_script(begun_encoder(), ReiStatistics{}).weights;
  auto node = weights.extract("block_2_norm_running_var");
  node.key() = "block_2.norm.running_var";
  weights.insert(std::move(node));
  EXPECT_EQ(encoder_of(weights).weights, begun_encoder());
}

TEST(EncoderScript, WeightsThatAreMissingOrOfAnotherShapeAreRefusedByName) {
  const Script script = encoder_script(begun_encoder(), ReiStatistics{});
  const auto message = [](const NamedWeights& weights) -> std::string {
    try {
      encoder_of(weights);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  NamedWeights missing = script.weights;
  missing.erase("block_2_norm_bias");
  EXPECT_THAT(message(missing), testing::HasSubstr("block_2_norm_bias"));
  NamedWeights reshaped = script.weights;
  reshaped["block_3_conv_1_weight"].shape = {32, 9, 32};
  EXPECT_THAT(message(reshaped), testing::HasSubstr("block_3_conv_1_weight"));
  NamedWeights negative = script.weights;
  negative["block_1_norm_running_var"].values[0] = -1;
  EXPECT_THAT(message(negative), testing::HasSubstr("statistics"));
  EXPECT_EQ(message(script.weights), "");
}

TEST(EncoderScript, OfWeightsThatAreNotFiniteIsRefused) {
  std::vector<float> weights = begun_encoder();
  weights[5] = NAN;
  EXPECT_THROW(encoder_script(weights, ReiStatistics{}), ConfigError);
}

TEST(EncoderScript, IsNotReadOutOfWhatIsNoScript) {
  BRAGGD_SKIP_WITHOUT_NETWORKS();
  const std::string_view text = "no archive";
  EXPECT_THROW(read_script_weights({text.begin(), text.end()}), ConfigError);
  EXPECT_THROW(read_script_weights({}), ConfigError);
  std::vector<char> cut = write_script(encoder_script(begun_encoder(), ReiStatistics{}));
  cut.resize(cut.size() / 2);
  EXPECT_THROW(read_script_weights(cut), ConfigError);
  Script broken = encoder_script(begun_encoder(), ReiStatistics{});
  broken.weights["block_2_norm_bias"].values[3] = NAN;
  EXPECT_THROW(read_script_weights(write_script(broken)), ConfigError);
}

}  // namespace
}  // namespace braggd
