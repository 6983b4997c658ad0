#include "kernels/rei_score.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include <braggd/error.hpp>

#include "kernels/target.hpp"

namespace braggd {

namespace {

constexpr std::size_t lanes = 8;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The verdict from squared distances.
BRAGGD_KERNEL_BODY ReiVerdict judge(std::span<const double> distance, ReiMode mode) {
  std::size_t nearest = 0;
  for (std::size_t k = 1; k < distance.size(); ++k) {
    if (distance[k] < distance[nearest]) nearest = k;
  }
  const double least = distance[nearest];
  ReiVerdict verdict{nan, static_cast<std::uint16_t>(nearest)};
  if (!std::isfinite(least)) return verdict;
  if (least == 0) {
    if (mode == ReiMode::stream) verdict.confidence = 1;
    return verdict;
  }
  double sum = 0;
  for (const double d : distance) {
    const double ratio = least / d;
    sum += ratio * ratio;
  }
  verdict.confidence = 1 / sum;
  return verdict;
}

// All squared distances, in blocks of clusters that stay in registers while the dimensions go by.
BRAGGD_KERNEL_BODY void measure(const float* embedding, const ReiCentroids& centroids, double* distance) {
  for (std::size_t begin = 0; begin < centroids.stride(); begin += lanes) {
    std::array<double, lanes> sum{};
    for (std::size_t i = 0; i < centroids.n_dimensions(); ++i) {
      const double* row = centroids.row(i) + begin;
      const double e = embedding[i];
      for (std::size_t k = 0; k < lanes; ++k) {
        const double difference = e - row[k];
        sum[k] += difference * difference;
      }
    }
    for (std::size_t k = 0; k < lanes; ++k) distance[begin + k] = sum[k];
  }
}

BRAGGD_KERNEL_BODY void score_all(std::span<const float> embeddings, const ReiCentroids& centroids,
                                  ReiMode mode, std::span<ReiVerdict> out) {
  thread_local std::vector<double> distance;
  distance.resize(centroids.stride());
  for (std::size_t i = 0; i < out.size(); ++i) {
    measure(&embeddings[i * centroids.n_dimensions()], centroids, distance.data());
    out[i] = judge(std::span(distance).first(centroids.n_clusters()), mode);
  }
}

void score_scalar(std::span<const float> embeddings, const ReiCentroids& centroids, ReiMode mode,
                  std::span<ReiVerdict> out) {
  score_all(embeddings, centroids, mode, out);
}
#if BRAGGD_X86_KERNELS
BRAGGD_TARGET_AVX2 void measure_avx2(const float* embedding, const ReiCentroids& centroids,
                                     double* distance) {
  measure(embedding, centroids, distance);
}
BRAGGD_TARGET_AVX512 void measure_avx512(const float* embedding, const ReiCentroids& centroids,
                                         double* distance) {
  measure(embedding, centroids, distance);
}
BRAGGD_TARGET_AVX2 void score_avx2(std::span<const float> embeddings, const ReiCentroids& centroids,
                                   ReiMode mode, std::span<ReiVerdict> out) {
  score_all(embeddings, centroids, mode, out);
}
BRAGGD_TARGET_AVX512 void score_avx512(std::span<const float> embeddings, const ReiCentroids& centroids,
                                       ReiMode mode, std::span<ReiVerdict> out) {
  score_all(embeddings, centroids, mode, out);
}
#endif

}  // namespace

ReiCentroids::ReiCentroids(std::span<const float> centroids, std::size_t n_clusters)
    : n_clusters_(n_clusters), n_dimensions_(0), stride_(0) {
  if (n_clusters == 0 || n_clusters > 65535 || centroids.empty() || centroids.size() % n_clusters != 0) {
    throw ConfigError(std::to_string(centroids.size()) + " numbers are no centroids of " +
                      std::to_string(n_clusters) + " clusters (1 to 65535 are possible)");
  }
  if (!std::ranges::all_of(centroids, [](float x) { return std::isfinite(x); })) {
    throw ConfigError("a centroid is not finite: the clusters must be made anew");
  }
  n_dimensions_ = centroids.size() / n_clusters;
  stride_ = (n_clusters + lanes - 1) / lanes * lanes;
  columns_.resize(n_dimensions_ * stride_);
  for (std::size_t i = 0; i < n_dimensions_; ++i) {
    for (std::size_t k = 0; k < stride_; ++k) {
      columns_[i * stride_ + k] = centroids[std::min(k, n_clusters - 1) * n_dimensions_ + i];
    }
  }
}

void squared_distances(std::span<const float> embedding, const ReiCentroids& centroids,
                       std::span<double> out) {
#if BRAGGD_X86_KERNELS
  static const KernelSet set = kernel_set();
  if (set >= KernelSet::avx512) return measure_avx512(embedding.data(), centroids, out.data());
  if (set == KernelSet::avx2) return measure_avx2(embedding.data(), centroids, out.data());
#endif
  measure(embedding.data(), centroids, out.data());
}

void score_embeddings(std::span<const float> embeddings, const ReiCentroids& centroids, ReiMode mode,
                      std::span<ReiVerdict> out) {
  static const KernelSet set = kernel_set();
  score_embeddings_with(set, embeddings, centroids, mode, out);
}

void score_embeddings_with(KernelSet set, std::span<const float> embeddings, const ReiCentroids& centroids,
                           ReiMode mode, std::span<ReiVerdict> out) {
  switch (set) {
#if BRAGGD_X86_KERNELS
    case KernelSet::avx512vbmi:
    case KernelSet::avx512:
      return score_avx512(embeddings, centroids, mode, out);
    case KernelSet::avx2:
      return score_avx2(embeddings, centroids, mode, out);
#endif
    default:
      return score_scalar(embeddings, centroids, mode, out);
  }
}

ReiVerdict score_embedding_reference(std::span<const float> embedding, std::span<const float> centroids,
                                     std::size_t n_clusters, ReiMode mode) {
  const std::size_t n_dimensions = embedding.size();
  std::vector<double> distance(n_clusters);
  for (std::size_t k = 0; k < n_clusters; ++k) {
    for (std::size_t i = 0; i < n_dimensions; ++i) {
      const double difference = double{embedding[i]} - double{centroids[k * n_dimensions + i]};
      distance[k] += difference * difference;
    }
  }
  double sum = 0;
  for (const double d : distance) sum += 1 / (d * d);
  const auto nearest = std::ranges::min_element(distance);
  ReiVerdict verdict{0, static_cast<std::uint16_t>(nearest - distance.begin())};
  for (const double d : distance) {
    const double membership = 1 / (d * d * sum);
    if (!(membership <= verdict.confidence)) verdict.confidence = membership;
    if (std::isnan(membership)) break;
  }
  if (*nearest == 0 && mode == ReiMode::stream) verdict.confidence = 1;
  return verdict;
}

ReiCounts& ReiCounts::operator+=(const ReiCounts& other) {
  n_patches += other.n_patches;
  n_low += other.n_low;
  for (std::size_t k = 0; k < histogram.size(); ++k) histogram[k] += other.histogram[k];
  n_too_big += other.n_too_big;
  too_big_pixels += other.too_big_pixels;
  return *this;
}

double ReiCounts::rei() const {
  return n_patches == 0 ? nan : static_cast<double>(n_low) / static_cast<double>(n_patches);
}

double ReiCounts::rei_error() const {
  const double p = rei();
  return n_patches == 0 ? nan : std::sqrt(p * (1 - p) / static_cast<double>(n_patches));
}

std::vector<double> ReiCounts::shares() const {
  std::vector<double> shares(histogram.size(), nan);
  if (n_patches == 0) return shares;
  std::ranges::transform(histogram, shares.begin(), [&](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(n_patches);
  });
  return shares;
}

double ReiCounts::too_big_share() const {
  const std::uint64_t blobs = n_patches + n_too_big;
  return blobs == 0 ? 0 : static_cast<double>(n_too_big) / static_cast<double>(blobs);
}

double jensen_shannon_distance(std::span<const double> p, std::span<const double> q) {
  const double sum_p = std::accumulate(p.begin(), p.end(), 0.0);
  const double sum_q = std::accumulate(q.begin(), q.end(), 0.0);
  if (!(sum_p > 0) || !(sum_q > 0)) return nan;
  const auto relative_entropy = [](double x, double middle) { return x > 0 ? x * std::log(x / middle) : 0; };
  double of_p = 0, of_q = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double a = p[k] / sum_p, b = q[k] / sum_q, middle = (a + b) / 2;
    of_p += relative_entropy(a, middle);
    of_q += relative_entropy(b, middle);
  }
  return std::sqrt(std::max(0.0, (of_p + of_q) / 2));
}

}  // namespace braggd
