// Random numbers that are the same on every machine: standard distributions are not.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace braggd {

/// What a sequence of random numbers is for; each has its own, so that drawing more of one changes no other.
enum class RandomStream : std::uint64_t {
  grain = 1,
  spot,
  pedestal,
  hot_pixel,
  exposure,
  dark,
  patch,
  cluster,
  order,
  view,
  weight
};

/// xoshiro256++ (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47, 36), its state filled by splitmix64 (Steele, Lea &
/// Flood 2014, OOPSLA, 453) from (seed, stream, index, part): any part of a scan can be made without the others.
class Random {
 public:
  Random(std::uint64_t seed, RandomStream stream, std::uint64_t index = 0, std::uint64_t part = 0);

  std::uint64_t bits() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// In [0, bound), bound > 0, by multiplication; its bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound);
  /// Exponential with mean 1.
  double exponential();
  /// Mean 0, standard deviation 1 (polar method: Marsaglia & Bray 1964, SIAM Rev. 6, 260).
  double normal();
  /// A Poisson count as a double, since means may be huge: sequential search of the distribution for small means,
  /// transformed rejection (PTRS: Hoermann 1993, Insur. Math. Econ. 12, 39) for large ones. 0 for a mean that is not
  /// positive.
  double poisson(double mean);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace braggd
