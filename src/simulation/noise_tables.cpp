#include "simulation/noise_tables.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace braggd {
namespace {

constexpr std::size_t n_shares = 65536;
constexpr std::size_t n_outer_shares = 64;  // at either end

constexpr bool is_outer(std::size_t share) {
  return ((share + n_outer_shares) & (n_shares - 1)) < 2 * n_outer_shares;
}

// Phi(-t) for t >= 0.
double upper_tail(double t) {
  return 0.5 * std::erfc(t / std::numbers::sqrt2);
}

const std::vector<float>& standard_quantiles() {
  static const std::vector<float> quantiles = [] {
    std::vector<float> table(n_shares);
    for (std::size_t i = 0; i < n_shares; ++i) {
      table[i] = static_cast<float>(normal_quantile((static_cast<double>(i) + 0.5) / n_shares));
    }
    return table;
  }();
  return quantiles;
}

}  // namespace

// A rational first guess (Abramowitz & Stegun 26.2.23), made exact by Newton's method.
double normal_quantile(double probability) {
  const double tail = std::min(probability, 1 - probability);
  const double s = std::sqrt(-2 * std::log(tail));
  double t =
      s - (2.515517 + s * (0.802853 + s * 0.010328)) / (1 + s * (1.432788 + s * (0.189269 + s * 0.001308)));
  for (int step = 0; step < 3; ++step) {
    const double density = std::exp(-0.5 * t * t) / std::sqrt(2 * std::numbers::pi);
    t += (upper_tail(t) - tail) / density;
  }
  return probability < 0.5 ? -t : t;
}

NormalTable::NormalTable(double sigma) : sigma_(sigma), quantiles_(standard_quantiles()) {
  for (float& quantile : quantiles_) quantile *= static_cast<float>(sigma);
}

float NormalTable::drawn_finely(Random& random, std::size_t share) const {
  const double probability = (static_cast<double>(share) + std::max(random.uniform(), 0x1p-53)) / n_shares;
  return static_cast<float>(sigma_ * normal_quantile(probability));
}

void NormalTable::fill(Random& random, std::span<float> noise) const {
  for (std::size_t i = 0; i < noise.size(); i += 4) {
    std::uint64_t bits = random.bits();
    const std::size_t n = std::min<std::size_t>(4, noise.size() - i);
    bool outer = false;
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t share = (bits >> (16 * k)) & 0xFFFF;
      noise[i + k] = quantiles_[share];
      outer = outer || is_outer(share);
    }
    for (std::size_t k = 0; outer && k < n; ++k, bits >>= 16) {
      if (is_outer(bits & 0xFFFF)) noise[i + k] = drawn_finely(random, bits & 0xFFFF);
    }
  }
}

PoissonTable::PoissonTable(double mean) : counts_(n_shares, several_counts) {
  double probability = std::exp(-mean);
  double cumulative = 0;
  for (std::uint32_t count = 0; count < 1000 && cumulative < 1; ++count) {
    const double below = cumulative;
    cumulative += probability;
    cumulative_.push_back(cumulative);
    probability *= mean / (count + 1);
    if (probability < 1e-18 && count > mean) cumulative = cumulative_.back() = 1;
    const auto begin = static_cast<std::size_t>(std::ceil(below * n_shares));
    const auto end = static_cast<std::size_t>(std::floor(std::min(cumulative, 1.) * n_shares));
    for (std::size_t share = begin; share < end && count < several_counts; ++share) {
      counts_[share] = static_cast<std::uint8_t>(count);
    }
  }
  cumulative_.back() = 1;
}

std::uint32_t PoissonTable::drawn_finely(Random& random, std::size_t share) const {
  const double probability = (static_cast<double>(share) + random.uniform()) / n_shares;
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), probability);
  return static_cast<std::uint32_t>(std::min(found, cumulative_.end() - 1) - cumulative_.begin());
}

}  // namespace braggd
