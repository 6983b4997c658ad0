// The rare event indicator: how far the patches of a scan have moved away from the clusters of a baseline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernels/kernel_set.hpp"
#include "kernels/rei_patches.hpp"

namespace braggd {

/// How one patch relates to the clusters.
struct ReiVerdict {
  double confidence = 0;      ///< largest membership, in (1/K, 1]; NaN: undefined
  std::uint16_t cluster = 0;  ///< the nearest one, the first of equals
  friend constexpr bool operator==(const ReiVerdict&, const ReiVerdict&) = default;
};

/// Cluster centres laid out so that all distances of an embedding grow side by side.
class ReiCentroids {
 public:
  /// `centroids`: clusters x dimensions, row-major. Throws ConfigError for none, more than 65,535, a size that is no
  /// multiple, or a value that is not finite.
  ReiCentroids(std::span<const float> centroids, std::size_t n_clusters);

  std::size_t n_clusters() const { return n_clusters_; }
  std::size_t n_dimensions() const { return n_dimensions_; }
  std::size_t stride() const { return stride_; }
  /// Coordinate `dimension` of all clusters, then as many copies of the last as fill `stride()`.
  const double* row(std::size_t dimension) const { return &columns_[dimension * stride_]; }

 private:
  std::size_t n_clusters_, n_dimensions_, stride_;
  std::vector<double> columns_;  // dimensions x stride
};

/// Squared distances of one embedding to all clusters, double precision, summed in the order of dimensions. `out` has
/// room for stride() of them; those from n_clusters() on repeat the last.
void squared_distances(std::span<const float> embedding, const ReiCentroids& centroids,
                       std::span<double> out);

/// Scores embeddings (n x dimensions, row-major), one verdict each. With squared distances D_k the membership of cluster k
/// is 1 / (D_k^2 sum_j D_j^-2); the largest is 1 / sum_j (D_min / D_j)^2. All sums run in double precision in the order of
/// dimensions and clusters, so that every kernel set gives the same bits. An embedding that equals a centroid (D = 0) has
/// confidence 1 in `stream`, NaN in `compat`; one that is not finite has NaN in both.
/// (Zheng et al., "Rapid detection of rare events from in situ X-ray diffraction data using machine learning", J. Appl.
/// Cryst. 2024; the formula is that of its program.)
void score_embeddings(std::span<const float> embeddings, const ReiCentroids& centroids, ReiMode mode,
                      std::span<ReiVerdict> out);
void score_embeddings_with(KernelSet set, std::span<const float> embeddings, const ReiCentroids& centroids,
                           ReiMode mode, std::span<ReiVerdict> out);

/// The definition: one embedding, the memberships as they are written; confidences agree to rounding.
ReiVerdict score_embedding_reference(std::span<const float> embedding, std::span<const float> centroids,
                                     std::size_t n_clusters, ReiMode mode);

/// Counts that add up over frames, sectors, nodes; everything else follows from them.
struct ReiCounts {
  std::uint64_t n_patches = 0;
  std::uint64_t n_low = 0;               ///< of them, confidence below the threshold; NaN is not below
  std::vector<std::uint64_t> histogram;  ///< patches by cluster
  std::uint64_t n_too_big = 0;           ///< blobs that no patch holds
  std::uint64_t too_big_pixels = 0;

  explicit ReiCounts(std::size_t n_clusters = 0) : histogram(n_clusters) {}
  /// `verdict.cluster` must be below the number of clusters.
  void add(const ReiVerdict& verdict, double threshold) {
    ++n_patches;
    n_low += verdict.confidence < threshold ? 1 : 0;
    ++histogram[verdict.cluster];
  }
  /// Both must have the same number of clusters.
  ReiCounts& operator+=(const ReiCounts& other);
  friend bool operator==(const ReiCounts&, const ReiCounts&) = default;

  /// Share of patches that no cluster claims; NaN without patches.
  double rei() const;
  /// Its binomial standard error sqrt(p (1 - p) / n). Patches of one spot on neighbouring frames are not independent,
  /// so this is too small by the square root of the null distribution's overdispersion.
  double rei_error() const;
  /// Share of patches by cluster; all NaN without patches.
  std::vector<double> shares() const;
  /// Blobs too big for a patch as a share of those and the patches; 0 without any.
  double too_big_share() const;
};

/// Jensen-Shannon distance of two histograms of equal length, each divided by its sum: the square root of the divergence
/// with natural logarithms, 0 to sqrt(ln 2). NaN where either sums to nothing.
double jensen_shannon_distance(std::span<const double> p, std::span<const double> q);

}  // namespace braggd
