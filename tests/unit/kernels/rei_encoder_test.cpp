#include "kernels/rei_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
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

/// Patches as high at their edges as within.
std::vector<float> noise_patches(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> patches(n * rei_patch_pixels);
  for (float& value : patches) value = static_cast<float>(random() % 5000) - 1000;
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

TEST(ReiEncoder, AgreesWithTheDefinitionAtTheBordersInEveryKernelSet) {
  const auto weights = random_weights(3);
  const auto patches = noise_patches(7, 4);
  const ReiStatistics statistics = batch_statistics(weights, patches);
  const ReiEncoder encoder(weights, statistics);
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<float> embeddings(7 * rei_dimensions);
    encoder.encode_with(set, patches, embeddings);
    for (std::size_t i = 0; i < 7; ++i) {
      const auto patch = std::span(patches).subspan(i * rei_patch_pixels, rei_patch_pixels);
      const auto defined = encode_reference(weights, statistics, patch);
      for (std::size_t k = 0; k < rei_dimensions; ++k) {
        EXPECT_NEAR(embeddings[i * rei_dimensions + k], defined[k], 1e-5)
            << name_of(set) << " " << i << " " << k;
      }
    }
  }
}

TEST(ReiEncoder, EveryKernelSetGivesTheSameBits) {
  const auto weights = random_weights(1);
  auto patches = random_patches(20, 2);
  const auto noise = noise_patches(20, 5);
  patches.insert(patches.end(), noise.begin(), noise.end());
  patches.insert(patches.end(), rei_patch_pixels, 7);  // flat
  patches.insert(patches.end(), rei_patch_pixels - 1,
                 -0.0F);  // the last pixel stands out by the least there is
  patches.push_back(std::numeric_limits<float>::denorm_min());
  const std::size_t n = patches.size() / rei_patch_pixels;
  const ReiEncoder encoder(weights, batch_statistics(weights, patches));
  std::vector<float> scalar(n * rei_dimensions);
  encoder.encode_with(KernelSet::scalar, patches, scalar);
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<float> embeddings(scalar.size());
    encoder.encode_with(set, patches, embeddings);
    EXPECT_EQ(std::memcmp(embeddings.data(), scalar.data(), scalar.size() * sizeof(float)), 0)
        << name_of(set);
  }
}

TEST(ReiEncoder, HowManyPatchesComeTogetherChangesNothing) {
  const auto weights = random_weights(1);
  const auto patches = noise_patches(13, 6);
  const ReiEncoder encoder(weights, batch_statistics(weights, patches));
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<float> alone(13 * rei_dimensions);
    for (std::size_t i = 0; i < 13; ++i) {
      encoder.encode_with(set, std::span(patches).subspan(i * rei_patch_pixels, rei_patch_pixels),
                          std::span(alone).subspan(i * rei_dimensions, rei_dimensions));
    }
    for (std::size_t n = 0; n <= 13; ++n) {
      std::vector<float> together(13 * rei_dimensions, -1);
      encoder.encode_with(set, std::span(patches).first(n * rei_patch_pixels),
                          std::span(together).first(n * rei_dimensions));
      const auto end = together.begin() + static_cast<std::ptrdiff_t>(n * rei_dimensions);
      EXPECT_TRUE(std::equal(together.begin(), end, alone.begin())) << name_of(set) << " " << n;
      EXPECT_TRUE(std::all_of(end, together.end(), [](float x) { return x == -1; }))
          << name_of(set) << " " << n;
    }
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
