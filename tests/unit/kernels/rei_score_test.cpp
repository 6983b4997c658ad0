#include "kernels/rei_score.hpp"

#include <bit>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numbers>
#include <random>
#include <vector>

#include <braggd/error.hpp>

namespace braggd {
namespace {

using testing::ElementsAre;

std::vector<float> random_numbers(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> numbers(n);
  for (float& x : numbers) x = static_cast<float>(random() % 20001) / 5000.F - 2;
  return numbers;
}

TEST(ReiScore, AnEmbeddingHalfwayBetweenTwoCentroidsHasHalfAConfidence) {
  const ReiCentroids centroids(std::vector<float>{0, 0, 2, 0}, 2);
  std::vector<ReiVerdict> verdicts(2);
  score_embeddings(std::vector<float>{1, 3, 0.5F, 0}, centroids, ReiMode::stream, verdicts);
  EXPECT_EQ(verdicts[0], (ReiVerdict{0.5, 0}));
  EXPECT_EQ(verdicts[1].cluster, 0);  // D = 0.25 and 2.25
  EXPECT_NEAR(verdicts[1].confidence, 1 / (1 + 1.0 / 81), 1e-15);
}

TEST(ReiScore, AnEmbeddingThatEqualsACentroidIsConfidentInBothModes) {
  const ReiCentroids centroids(std::vector<float>{0, 0, 2, 0}, 2);
  const std::vector<float> embedding{2, 0};
  for (const ReiMode mode : {ReiMode::stream, ReiMode::compat}) {
    std::vector<ReiVerdict> verdicts(1);
    score_embeddings(embedding, centroids, mode, verdicts);
    EXPECT_EQ(verdicts[0].cluster, 1);
    ReiCounts counts(2);
    counts.add(verdicts[0], 0.4);
    EXPECT_EQ(counts.n_low, 0U);
    EXPECT_THAT(counts.histogram, ElementsAre(0U, 1U));
    if (mode == ReiMode::stream) {
      EXPECT_EQ(verdicts[0].confidence, 1);
    } else {
      EXPECT_TRUE(std::isnan(verdicts[0].confidence));
    }
  }
}

TEST(ReiScore, AnEmbeddingThatIsNotFiniteHasNoConfidence) {
  const ReiCentroids centroids(std::vector<float>{0, 0, 2, 0}, 2);
  std::vector<ReiVerdict> verdicts(2);
  score_embeddings(std::vector<float>{NAN, 0, INFINITY, 0}, centroids, ReiMode::stream, verdicts);
  EXPECT_TRUE(std::isnan(verdicts[0].confidence));
  EXPECT_TRUE(std::isnan(verdicts[1].confidence));
}

TEST(ReiScore, TheThresholdItselfIsNotBelowIt) {
  ReiCounts counts(1);
  counts.add({0.4, 0}, 0.4);
  EXPECT_EQ(counts.n_low, 0U);
  counts.add({std::nextafter(0.4, 0.0), 0}, 0.4);
  EXPECT_EQ(counts.n_low, 1U);
}

TEST(ReiScore, EveryKernelSetGivesTheSameBitsAndAgreesWithTheDefinition) {
  for (const std::size_t n_clusters : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{40}}) {
    const std::size_t n_dimensions = 32, n = 50;
    const auto embeddings = random_numbers(n * n_dimensions, 1);
    const auto centres = random_numbers(n_clusters * n_dimensions, 2);
    const ReiCentroids centroids(centres, n_clusters);
    std::vector<ReiVerdict> scalar(n);
    score_embeddings_with(KernelSet::scalar, embeddings, centroids, ReiMode::stream, scalar);
    for (const KernelSet set : supported_kernel_sets()) {
      std::vector<ReiVerdict> verdicts(n);
      score_embeddings_with(set, embeddings, centroids, ReiMode::stream, verdicts);
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_EQ(std::bit_cast<std::uint64_t>(verdicts[i].confidence),
                  std::bit_cast<std::uint64_t>(scalar[i].confidence))
            << name_of(set);
        EXPECT_EQ(verdicts[i].cluster, scalar[i].cluster);
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto embedding = std::span(embeddings).subspan(i * n_dimensions, n_dimensions);
      const ReiVerdict defined = score_embedding_reference(embedding, centres, n_clusters, ReiMode::stream);
      EXPECT_EQ(scalar[i].cluster, defined.cluster);
      EXPECT_NEAR(scalar[i].confidence, defined.confidence, 1e-14);
    }
  }
}

TEST(ReiScore, CentroidsThatAreNoneAreRefused) {
  EXPECT_THROW(ReiCentroids(std::vector<float>{}, 0), ConfigError);
  EXPECT_THROW(ReiCentroids(std::vector<float>{1, 2, 3}, 2), ConfigError);
  EXPECT_THROW(ReiCentroids(std::vector<float>{1, NAN}, 2), ConfigError);
}

TEST(ReiScore, CountsOfPartsAddUpToThoseOfTheWhole) {
  std::mt19937 random(3);
  ReiCounts whole(5), sum(5);
  for (int part = 0; part < 4; ++part) {
    ReiCounts counts(5);
    for (int i = 0; i < 25; ++i) {
      const ReiVerdict verdict{static_cast<double>(random() % 100) / 100,
                               static_cast<std::uint16_t>(random() % 5)};
      counts.add(verdict, 0.4);
      whole.add(verdict, 0.4);
    }
    counts.n_too_big = 2;
    whole.n_too_big += 2;
    sum += counts;
  }
  EXPECT_EQ(sum, whole);
  EXPECT_EQ(whole.n_patches, 100U);
  const double p = static_cast<double>(whole.n_low) / 100;
  EXPECT_EQ(whole.rei(), p);
  EXPECT_DOUBLE_EQ(whole.rei_error(), std::sqrt(p * (1 - p) / 100));
  EXPECT_DOUBLE_EQ(whole.too_big_share(), 8.0 / 108);
}

TEST(ReiScore, AScanWithoutPatchesHasNoScore) {
  const ReiCounts counts(3);
  EXPECT_TRUE(std::isnan(counts.rei()));
  EXPECT_TRUE(std::isnan(counts.rei_error()));
  EXPECT_TRUE(std::isnan(jensen_shannon_distance(counts.shares(), std::vector<double>{1, 0, 0})));
  EXPECT_EQ(counts.too_big_share(), 0);
}

TEST(ReiScore, TheDistanceOfHistogramsRunsFromNothingToTheRootOfLogTwo) {
  EXPECT_EQ(jensen_shannon_distance(std::vector<double>{1, 3}, std::vector<double>{0.25, 0.75}), 0);
  EXPECT_DOUBLE_EQ(jensen_shannon_distance(std::vector<double>{1, 0}, std::vector<double>{0, 1}),
                   std::sqrt(std::numbers::ln2));
}

}  // namespace
}  // namespace braggd
