#include "learning/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include <braggd/error.hpp>

#include "simulation/random.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;

/// `per_blob` points around each of the corners of a square with sides of 10.
std::vector<float> four_blobs(std::size_t per_blob) {
  Random random(1, RandomStream::cluster, 99);
  std::vector<float> points;
  for (std::size_t i = 0; i < 4 * per_blob; ++i) {
    points.push_back(static_cast<float>((i % 2 == 0 ? 0 : 10) + 0.3 * random.normal()));
    points.push_back(static_cast<float>((i / 2 % 2 == 0 ? 0 : 10) + 0.3 * random.normal()));
  }
  return points;
}

std::string refusal_of(const std::vector<float>& points, std::size_t n_dimensions, std::size_t n_clusters) {
  try {
    fit_kmeans(points, n_dimensions, {.n_clusters = n_clusters});
  } catch (const InputError& error) {
    return error.what();
  }
  return "fitted";
}

TEST(Kmeans, FindsBlobsThatLieApart) {
  const auto points = four_blobs(50);
  const Kmeans fit = fit_kmeans(points, 2, {.n_clusters = 4, .n_restarts = 3});
  EXPECT_TRUE(fit.converged);
  std::set<std::pair<long, long>> corners;
  for (std::size_t k = 0; k < 4; ++k) {
    corners.emplace(std::lround(fit.centroids[2 * k] / 10), std::lround(fit.centroids[2 * k + 1] / 10));
  }
  EXPECT_EQ(corners.size(), 4U);
  for (std::size_t i = 4; i < fit.cluster.size(); ++i) EXPECT_EQ(fit.cluster[i], fit.cluster[i % 4]);
  EXPECT_LT(fit.inertia, 400 * 0.3 * 0.3 * 1.5);
}

TEST(Kmeans, ASeedGivesOneResult) {
  const auto points = four_blobs(30);
  const auto fit = [&](std::uint64_t seed) {
    return fit_kmeans(points, 2, {.n_clusters = 7, .n_restarts = 1, .seed = seed});
  };
  EXPECT_EQ(fit(3).centroids, fit(3).centroids);
  std::set<std::vector<float>> results;
  for (std::uint64_t seed = 0; seed < 5; ++seed) results.insert(fit(seed).centroids);
  EXPECT_GT(results.size(), 1U);
}

TEST(Kmeans, MoreStartsAreNeverWorse) {
  const auto points = four_blobs(30);
  double least = std::numeric_limits<double>::infinity();
  for (const std::uint32_t n_restarts : {1U, 3U, 10U}) {
    const Kmeans fit = fit_kmeans(points, 2, {.n_clusters = 9, .n_restarts = n_restarts});
    EXPECT_LE(fit.inertia, least);
    least = fit.inertia;
  }
}

TEST(Kmeans, CentroidsAreTheMeansOfTheirPoints) {
  const auto points = four_blobs(20);
  const Kmeans fit = fit_kmeans(points, 2, {.n_clusters = 5});
  ASSERT_TRUE(fit.converged);
  double inertia = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    double row = 0, col = 0, n = 0;
    for (std::size_t i = 0; i < fit.cluster.size(); ++i) {
      if (fit.cluster[i] != k) continue;
      row += double{points[2 * i]};
      col += double{points[2 * i + 1]};
      ++n;
    }
    ASSERT_GT(n, 0);
    EXPECT_FLOAT_EQ(fit.centroids[2 * k], static_cast<float>(row / n));
    EXPECT_FLOAT_EQ(fit.centroids[2 * k + 1], static_cast<float>(col / n));
    for (std::size_t i = 0; i < fit.cluster.size(); ++i) {
      if (fit.cluster[i] == k) {
        inertia += std::pow(points[2 * i] - row / n, 2) + std::pow(points[2 * i + 1] - col / n, 2);
      }
    }
  }
  EXPECT_NEAR(fit.inertia, inertia, 1e-4 * inertia);
}

TEST(Kmeans, AsManyClustersAsPointsLeaveNoDistance) {
  const std::vector<float> points{0, 1, 5, 9, 20};
  const Kmeans fit = fit_kmeans(points, 1, {.n_clusters = 5});
  EXPECT_EQ(fit.inertia, 0);
  auto centroids = fit.centroids;
  std::ranges::sort(centroids);
  EXPECT_EQ(centroids, points);
}

TEST(Kmeans, AClusterWithoutPointsMovesToTheFarthestOne) {
  const std::vector<float> points{0, 1, 2, 10};
  const Kmeans fit = refine_kmeans(points, 1, std::vector<float>{1, 500, 600}, 100);
  EXPECT_TRUE(fit.converged);
  EXPECT_EQ((std::set<std::uint16_t>(fit.cluster.begin(), fit.cluster.end()).size()), 3U);
  EXPECT_EQ(fit.inertia, 0.5);
}

TEST(Kmeans, TooFewPatchesAreRefusedWithWhatToDo) {
  EXPECT_THAT(refusal_of({1, 2, 3}, 1, 4), HasSubstr("3 patches cannot make 4 clusters: take more baseline"));
  EXPECT_THAT(refusal_of({}, 1, 1), HasSubstr("0 patches cannot make 1 clusters"));
  EXPECT_THAT(refusal_of({1, 1, 2, 2, 2}, 1, 3), HasSubstr("only 2 of the patches differ"));
  EXPECT_THAT(refusal_of({1, NAN, 2}, 1, 2), HasSubstr("not finite"));
  EXPECT_THAT(refusal_of({1, 2, 3}, 2, 1), HasSubstr("no points of 2 dimensions"));
}

}  // namespace
}  // namespace braggd
