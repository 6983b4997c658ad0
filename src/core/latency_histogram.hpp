// Durations counted in buckets whose width is a fixed share of their value.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace braggd {

/// Counts durations of 1 ns to 4 h; a quantile is true to 1/32 of its value. Nothing is allocated. Any number of threads may
/// add; who looks meanwhile, or copies, sees some of what is being added.
class LatencyHistogram {
 public:
  LatencyHistogram() = default;
  LatencyHistogram(const LatencyHistogram& other) { add(other); }
  LatencyHistogram& operator=(const LatencyHistogram& other) {
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) counts_[bucket] = other.count(bucket);
    return *this;
  }

  void add(std::uint64_t ns) { counts_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed); }

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) sum += count(bucket);
    return sum;
  }

  void add(const LatencyHistogram& other) {
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      if (const std::uint64_t more = other.count(bucket); more != 0)
        counts_[bucket].fetch_add(more, std::memory_order_relaxed);
    }
  }

  /// How many did not exceed `ns`, to 1/32 of it.
  std::uint64_t at_most(std::uint64_t ns) const {
    std::uint64_t sum = 0;
    for (std::size_t bucket = 0; bucket < bucket_of(ns); ++bucket) sum += count(bucket);
    return sum;
  }

  /// The sum of all durations in ns, to 1/32.
  double sum_ns() const {
    double sum = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      sum += static_cast<double>(count(bucket)) * static_cast<double>(upper_end(bucket));
    }
    return sum;
  }

  /// The duration, in ns, that the share `q` of all does not exceed; 0 where there are none.
  std::uint64_t quantile(double q) const {
    const double wanted = q * static_cast<double>(total());
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += count(bucket);
      if (seen > 0 && static_cast<double>(seen) >= wanted) return upper_end(bucket);
    }
    return 0;
  }

 private:
  static constexpr unsigned bits = 5;  // 32 buckets a power of two
  static constexpr std::uint64_t steps = std::uint64_t{1} << bits;
  static constexpr std::size_t octaves = 40;

  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < steps) return static_cast<std::size_t>(ns);
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - bits;
    const std::size_t bucket = (shift + 1) * steps + (ns >> shift) - steps;
    return bucket < octaves * steps ? bucket : octaves * steps - 1;
  }
  static std::uint64_t upper_end(std::size_t bucket) {
    if (bucket < steps) return bucket;
    const std::size_t shift = bucket / steps - 1;
    return ((bucket % steps + steps + 1) << shift) - 1;
  }

  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }

  std::array<std::atomic<std::uint64_t>, octaves * steps> counts_{};
};

}  // namespace braggd
