#include "kernels/rei_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {
namespace {

std::vector<float> random_weights(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> weights(rei_encoder_weights);
  for (float& weight : weights)
    weight = static_cast<float>(static_cast<double>(random() % 2001) / 10000 - 0.1);
  // The normalisations' gains are near 1, as training leaves them: with tiny ones the first channel dies.
  const auto gains = [&](std::size_t begin, std::size_t n) {
    for (std::size_t k = begin; k < begin + n; ++k) weights[k] += 1;
  };
  gains(10, 1);
  gains(332 + 9216 + 32, 32);
  gains(18892 + 9216 + 32, 32);
  return weights;
}

/// Patches with a blob somewhere near the middle.
std::vector<float> random_patches(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> patches(n * rei_patch_pixels);
  for (std::size_t i = 0; i < n; ++i) {
    const double row = 6 + static_cast<double>(random() % 200) / 100,
                 col = 6 + static_cast<double>(random() % 200) / 100;
    const double width = 1 + static_cast<double>(random() % 300) / 100;
    for (std::size_t k = 0; k < rei_patch_pixels; ++k) {
      const double d =
          std::hypot(static_cast<double>(k / 15) - row, static_cast<double>(k % 15) - col) / width;
      patches[i * rei_patch_pixels + k] = static_cast<float>(std::round(5000 * std::exp(-d * d / 2)));
    }
  }
  return patches;
}

TEST(ReiEncoder, AgreesWithTheDefinition) {
  const auto weights = random_weights(1);
  const auto patches = random_patches(20, 2);
  const ReiStatistics statistics = batch_statistics(weights, patches);
  std::vector<float> embeddings(20 * rei_dimensions);
  ReiEncoder(weights, statistics).encode(patches, embeddings);
  for (std::size_t i = 0; i < 20; ++i) {
    const auto defined = encode_reference(weights, statistics,
                                          std::span(patches).subspan(i * rei_patch_pixels, rei_patch_pixels));
    for (std::size_t k = 0; k < rei_dimensions; ++k) {
      EXPECT_NEAR(embeddings[i * rei_dimensions + k], defined[k], 1e-5) << i << " " << k;
    }
  }
}

TEST(ReiEncoder, EveryKernelSetGivesTheSameBits) {
  const auto weights = random_weights(1);
  const auto patches = random_patches(20, 2);
  const ReiEncoder encoder(weights, batch_statistics(weights, patches));
  std::vector<float> scalar(20 * rei_dimensions);
  encoder.encode_with(KernelSet::scalar, patches, scalar);
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<float> embeddings(scalar.size());
    encoder.encode_with(set, patches, embeddings);
    EXPECT_EQ(embeddings, scalar) << name_of(set);
  }
}

TEST(ReiEncoder, DifferentPatchesHaveDifferentEmbeddings) {
  const auto weights = random_weights(1);
  const auto patches = random_patches(10, 2);
  std::vector<float> embeddings(10 * rei_dimensions);
  ReiEncoder(weights, batch_statistics(weights, patches)).encode(patches, embeddings);
  std::set<std::vector<float>> different;
  for (std::size_t i = 0; i < 10; ++i) {
    const auto embedding = std::span(embeddings).subspan(i * rei_dimensions, rei_dimensions);
    different.emplace(embedding.begin(), embedding.end());
  }
  EXPECT_EQ(different.size(), 10U);
}

TEST(ReiEncoder, FrozenStatisticsMakeAnEmbeddingIndependentOfItsCompanions) {
  const auto weights = random_weights(1);
  const auto patches = random_patches(10, 2);
  const ReiEncoder encoder(weights, batch_statistics(weights, patches));
  std::vector<float> together(10 * rei_dimensions), alone(rei_dimensions);
  encoder.encode(patches, together);
  for (std::size_t i = 0; i < 10; ++i) {
    encoder.encode(std::span(patches).subspan(i * rei_patch_pixels, rei_patch_pixels), alone);
    EXPECT_TRUE(std::ranges::equal(alone, std::span(together).subspan(i * rei_dimensions, rei_dimensions)));
  }
}

TEST(ReiEncoder, StatisticsOfTheScanMakeItDependOnThem) {
  const auto weights = random_weights(1);
  const auto patches = random_patches(10, 2);
  const auto first = std::span(patches).first(rei_patch_pixels);
  std::vector<float> alone(rei_dimensions), together(rei_dimensions);
  ReiEncoder(weights, batch_statistics(weights, first)).encode(first, alone);
  ReiEncoder(weights, batch_statistics(weights, patches)).encode(first, together);
  EXPECT_NE(alone, together);
}

TEST(ReiEncoder, IntensitiesCountOnlyRelatively) {
  const auto weights = random_weights(1);
  auto patches = random_patches(1, 2);
  const ReiEncoder encoder(weights, batch_statistics(weights, patches));
  std::vector<float> embedding(rei_dimensions), doubled(rei_dimensions);
  encoder.encode(patches, embedding);
  for (float& value : patches) value *= 2;
  encoder.encode(patches, doubled);
  EXPECT_EQ(embedding, doubled);
}

TEST(ReiEncoder, AFlatPatchHasAFiniteEmbedding) {
  const auto weights = random_weights(1);
  const std::vector<float> patch(rei_patch_pixels, 7);
  std::vector<float> embedding(rei_dimensions);
  ReiEncoder(weights, batch_statistics(weights, patch)).encode(patch, embedding);
  EXPECT_TRUE(std::ranges::all_of(embedding, [](float x) { return std::isfinite(x); }));
}

TEST(ReiEncoder, WeightsThatAreNoneAreRefused) {
  const ReiStatistics statistics;
  auto weights = random_weights(1);
  EXPECT_NO_THROW(ReiEncoder(weights, statistics));
  weights[100] = NAN;
  EXPECT_THROW(ReiEncoder(weights, statistics), ConfigError);
  weights.pop_back();
  EXPECT_THROW(ReiEncoder(weights, statistics), ConfigError);
  EXPECT_THROW(batch_statistics(random_weights(1), {}), ConfigError);
}

}  // namespace
}  // namespace braggd
