// Noise for millions of pixels: inverse distribution functions tabulated over 16 random bits, exact in the tails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simulation/random.hpp"

namespace braggd {

/// The number below which a standard normal variable lies with `probability`, in (0, 1); to about 1e-12.
double normal_quantile(double probability);

/// Normal noise of mean 0. A value is the quantile in the middle of one of 65536 equal shares of the distribution; the
/// outermost shares, beyond 3.09 sigma, are drawn finer, so that rare values are as frequent as they should be.
class NormalTable {
 public:
  explicit NormalTable(double sigma);
  void fill(Random& random, std::span<float> noise) const;

 private:
  float drawn_finely(Random& random, std::size_t share) const;
  double sigma_;
  std::vector<float> quantiles_;
};

/// Poisson counts of one mean, at most 100. A share of the distribution that holds more than one count is drawn finer,
/// so that the distribution is exact.
class PoissonTable {
 public:
  explicit PoissonTable(double mean);
  template <class Count>
  void fill(Random& random, std::span<Count> counts) const {
    std::size_t i = 0;
    for (; i + 4 <= counts.size(); i += 4) {
      const std::uint64_t bits = random.bits();
      for (std::size_t k = 0; k < 4; ++k)
        counts[i + k] = static_cast<Count>(draw(random, (bits >> (16 * k)) & 0xFFFF));
    }
    for (; i < counts.size(); ++i) counts[i] = static_cast<Count>(draw(random, random.bits() & 0xFFFF));
  }

 private:
  static constexpr std::uint8_t several_counts = 255;
  std::uint32_t draw(Random& random, std::size_t share) const {
    const std::uint8_t count = counts_[share];
    return count != several_counts ? count : drawn_finely(random, share);
  }
  std::uint32_t drawn_finely(Random& random, std::size_t share) const;

  std::vector<double> cumulative_;
  std::vector<std::uint8_t> counts_;
};

}  // namespace braggd
