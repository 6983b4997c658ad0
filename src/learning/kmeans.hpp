// Clusters of points.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace braggd {

struct KmeansOptions {
  std::size_t n_clusters = 40;
  std::uint32_t n_restarts = 10;  ///< starts, of which the one with the smallest inertia is taken
  std::uint32_t max_iterations = 300;
  std::uint64_t seed = 1;
};

struct Kmeans {
  std::vector<float> centroids;        ///< clusters x dimensions
  std::vector<std::uint16_t> cluster;  ///< of each point, the nearest centroid, the first of equals
  double inertia = 0;                  ///< sum of squared distances of points to their centroids
  std::uint32_t n_iterations = 0;
  bool converged = false;  ///< the last iteration moved no point
};

/// Clusters `points` (n x n_dimensions, row-major): starts after k-means++ (Arthur & Vassilvitskii 2007, SODA, 1027), then
/// Lloyd's iterations until no point changes its cluster. A cluster that loses all its points is moved to the point
/// farthest from its own centroid. The same seed and points give the same result on every machine and kernel set.
/// Throws InputError where a point is not finite or fewer points than clusters differ.
Kmeans fit_kmeans(std::span<const float> points, std::size_t n_dimensions, const KmeansOptions& options);

/// The iterations alone, from centroids that are there already (clusters x dimensions). Throws as fit_kmeans does.
Kmeans refine_kmeans(std::span<const float> points, std::size_t n_dimensions,
                     std::span<const float> centroids, std::uint32_t max_iterations);

}  // namespace braggd
