#include "simulation/random.hpp"

#include <cmath>
#include <numbers>

namespace braggd {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// Stirling's series beyond the exact values; std::lgamma would write a global variable.
double log_factorial(double k) {
  if (k < 10) {
    double product = 1;
    for (double factor = 2; factor <= k; ++factor) product *= factor;
    return std::log(product);
  }
  const double inverse = 1 / k;
  const double square = inverse * inverse;
  return (k + 0.5) * std::log(k) - k + 0.5 * std::log(2 * std::numbers::pi) +
         inverse * (1. / 12 - square * (1. / 360 - square / 1260));
}

double poisson_by_search(Random& random, double mean) {
  double remaining = random.uniform();
  double probability = std::exp(-mean);
  double count = 0;
  while (remaining > probability && count < 200) {
    remaining -= probability;
    probability *= mean / ++count;
  }
  return count;
}

double poisson_by_rejection(Random& random, double mean) {
  const double log_mean = std::log(mean);
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double log_inverse_alpha = std::log(1.1239 + 1.1328 / (b - 3.4));
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = random.uniform() - 0.5;
    const double v = random.uniform();
    const double us = 0.5 - std::abs(u);
    if (us <= 0) continue;
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + log_inverse_alpha - std::log(a / (us * us) + b) <=
        k * log_mean - mean - log_factorial(k)) {
      return k;
    }
  }
}

}  // namespace

Random::Random(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t part) {
  std::uint64_t key = seed;
  for (const std::uint64_t word : {static_cast<std::uint64_t>(stream), index, part})
    key = splitmix(key) ^ word;
  for (auto& word : state_) word = splitmix(key);
}

std::uint64_t Random::below(std::uint64_t bound) {
  // The upper half of a 64 x 64 bit product, in halves of 32 bits.
  const std::uint64_t x = bits();
  const std::uint64_t low = (x & 0xFFFFFFFFU) * (bound & 0xFFFFFFFFU);
  const std::uint64_t middle_a = (x >> 32) * (bound & 0xFFFFFFFFU) + (low >> 32);
  const std::uint64_t middle_b = (x & 0xFFFFFFFFU) * (bound >> 32) + (middle_a & 0xFFFFFFFFU);
  return (x >> 32) * (bound >> 32) + (middle_a >> 32) + (middle_b >> 32);
}

double Random::exponential() {
  return -std::log(1 - uniform());
}

double Random::normal() {
  for (;;) {
    const double x = 2 * uniform() - 1;
    const double y = 2 * uniform() - 1;
    const double square = x * x + y * y;
    if (square < 1 && square > 0) return x * std::sqrt(-2 * std::log(square) / square);
  }
}

double Random::poisson(double mean) {
  if (!(mean > 0)) return 0;
  return mean < 10 ? poisson_by_search(*this, mean) : poisson_by_rejection(*this, mean);
}

}  // namespace braggd
