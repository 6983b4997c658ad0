#include "learning/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include <braggd/error.hpp>

#include "kernels/rei_score.hpp"
#include "simulation/random.hpp"

namespace braggd {

namespace {

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = double{a[i]} - double{b[i]};
    sum += difference * difference;
  }
  return sum;
}

/// One start: its state while centroids move.
class Fit {
 public:
  Fit(std::span<const float> points, std::size_t n_dimensions, std::size_t n_clusters)
      : points_(points),
        n_dimensions_(n_dimensions),
        n_clusters_(n_clusters),
        n_points_(points.size() / n_dimensions),
        distance_(n_points_, std::numeric_limits<double>::infinity()) {
    result_.centroids.resize(n_clusters * n_dimensions);
    result_.cluster.resize(n_points_);
  }

  // Each next centroid is a point, drawn by its squared distance to those that stand. Returns how many could be placed
  // before all points stood on one.
  std::size_t seed(Random& random) {
    std::size_t chosen = random.below(n_points_);
    for (std::size_t k = 0;; ++k) {
      set_centroid(k, chosen);
      for (std::size_t i = 0; i < n_points_; ++i) {
        distance_[i] = std::min(distance_[i], squared_distance(point(i), point(chosen)));
      }
      if (k + 1 == n_clusters_) return n_clusters_;
      const double total = std::accumulate(distance_.begin(), distance_.end(), 0.0);
      if (!(total > 0)) return k + 1;
      chosen = draw(random.uniform() * total);
    }
  }

  void start_from(std::span<const float> centroids) {
    std::ranges::copy(centroids, result_.centroids.begin());
  }

  void iterate(std::uint32_t max_iterations) {
    assign();
    while (result_.n_iterations < max_iterations && !result_.converged) {
      ++result_.n_iterations;
      move_centroids();
      result_.converged = !assign();
    }
  }

  Kmeans& result() { return result_; }

 private:
  std::span<const float> point(std::size_t i) const {
    return points_.subspan(i * n_dimensions_, n_dimensions_);
  }
  void set_centroid(std::size_t k, std::size_t i) {
    std::ranges::copy(point(i), result_.centroids.begin() + static_cast<std::ptrdiff_t>(k * n_dimensions_));
  }

  // The point at which the running sum of squared distances passes `where`; never one that stands on a centroid.
  std::size_t draw(double where) const {
    std::size_t last = 0;
    for (std::size_t i = 0; i < n_points_; ++i) {
      if (distance_[i] <= 0) continue;
      last = i;
      where -= distance_[i];
      if (where < 0) break;
    }
    return last;
  }

  // True where a point changed its cluster.
  bool assign() {
    const ReiCentroids centroids(result_.centroids, n_clusters_);
    std::vector<double> distances(centroids.stride());
    bool changed = false;
    result_.inertia = 0;
    for (std::size_t i = 0; i < n_points_; ++i) {
      squared_distances(point(i), centroids, distances);
      const auto end = distances.begin() + static_cast<std::ptrdiff_t>(n_clusters_);
      const auto nearest = std::min_element(distances.begin(), end);
      const auto cluster = static_cast<std::uint16_t>(nearest - distances.begin());
      changed = changed || cluster != result_.cluster[i];
      result_.cluster[i] = cluster;
      distance_[i] = *nearest;
      result_.inertia += *nearest;
    }
    return changed;
  }

  void move_centroids() {
    std::vector<double> sums(n_clusters_ * n_dimensions_);
    std::vector<std::uint64_t> counts(n_clusters_);
    for (std::size_t i = 0; i < n_points_; ++i) {
      const std::size_t k = result_.cluster[i];
      ++counts[k];
      for (std::size_t d = 0; d < n_dimensions_; ++d) sums[k * n_dimensions_ + d] += double{point(i)[d]};
    }
    for (std::size_t k = 0; k < n_clusters_; ++k) {
      if (counts[k] == 0) {
        const auto farthest = std::ranges::max_element(distance_);
        set_centroid(k, static_cast<std::size_t>(farthest - distance_.begin()));
        *farthest = 0;  // the next empty cluster goes elsewhere
        continue;
      }
      for (std::size_t d = 0; d < n_dimensions_; ++d) {
        const std::size_t at = k * n_dimensions_ + d;
        result_.centroids[at] = static_cast<float>(sums[at] / static_cast<double>(counts[k]));
      }
    }
  }

  std::span<const float> points_;
  std::size_t n_dimensions_, n_clusters_, n_points_;
  std::vector<double> distance_;  // of each point to the nearest centroid, squared
  Kmeans result_;
};

void check(std::span<const float> points, std::size_t n_dimensions, const KmeansOptions& options) {
  if (n_dimensions == 0 || points.size() % n_dimensions != 0) {
    throw InputError(std::to_string(points.size()) + " numbers are no points of " +
                     std::to_string(n_dimensions) + " dimensions");
  }
  if (options.n_clusters == 0 || options.n_clusters > 65535 || options.n_restarts == 0) {
    throw InputError("there must be 1 to 65535 clusters and at least one start");
  }
  const std::size_t n_points = points.size() / n_dimensions;
  if (n_points < options.n_clusters) {
    throw InputError(std::to_string(n_points) + " patches cannot make " + std::to_string(options.n_clusters) +
                     " clusters: take more baseline scans, a lower threshold, or fewer clusters");
  }
  if (!std::ranges::all_of(points, [](float x) { return std::isfinite(x); })) {
    throw InputError("an embedding is not finite: the encoder must be trained anew");
  }
}

}  // namespace

Kmeans fit_kmeans(std::span<const float> points, std::size_t n_dimensions, const KmeansOptions& options) {
  check(points, n_dimensions, options);
  std::optional<Kmeans> best;
  for (std::uint32_t start = 0; start < options.n_restarts; ++start) {
    Random random(options.seed, RandomStream::cluster, start);
    Fit fit(points, n_dimensions, options.n_clusters);
    const std::size_t placed = fit.seed(random);
    if (placed < options.n_clusters) {
      throw InputError("only " + std::to_string(placed) + " of the patches differ, which cannot make " +
                       std::to_string(options.n_clusters) +
                       " clusters: take more baseline scans or fewer clusters");
    }
    fit.iterate(options.max_iterations);
    if (!best || fit.result().inertia < best->inertia) best = std::move(fit.result());
  }
  return std::move(*best);
}

Kmeans refine_kmeans(std::span<const float> points, std::size_t n_dimensions,
                     std::span<const float> centroids, std::uint32_t max_iterations) {
  const std::size_t n_clusters = n_dimensions == 0 ? 0 : centroids.size() / n_dimensions;
  check(points, n_dimensions, {.n_clusters = n_clusters});
  Fit fit(points, n_dimensions, n_clusters);
  fit.start_from(centroids.first(n_clusters * n_dimensions));
  fit.iterate(max_iterations);
  return std::move(fit.result());
}

}  // namespace braggd
