// Functions of the fit's likelihood without branches or calls, so that compilers take several at once. Kernel sets give
// the same bits.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "kernels/target.hpp"

namespace braggd::spot_math {

// Every fourth term by itself, so that the next sum waits for a quarter of the others.
template <std::size_t n>
BRAGGD_KERNEL_BODY double polynomial(double x, const std::array<double, n>& terms) {
  constexpr std::size_t last = (n - 1) / 4 * 4;
  const double squared = x * x, fourth = squared * squared;
  const auto term = [&](std::size_t i) { return i < n ? terms[i] : 0.0; };
  double sum0 = term(last), sum1 = term(last + 1), sum2 = term(last + 2), sum3 = term(last + 3);
#pragma GCC unroll 6
  for (std::size_t i = last; i > 0; i -= 4) {
    sum0 = sum0 * fourth + terms[i - 4];
    sum1 = sum1 * fourth + terms[i - 3];
    sum2 = sum2 * fourth + terms[i - 2];
    sum3 = sum3 * fourth + terms[i - 1];
  }
  return (sum0 + sum1 * x) + (sum2 + sum3 * x) * squared;
}

// Chebyshev series that were summed up to powers: (1 + x) M(x) in (x - 5) / (x + 5), to 2e-14, after Shepherd &
// Laframboise 1981, Math. Comp. 36, 249; atan(x) / x in 2 x^2 - 1 for x up to 1, to 1e-16.
inline constexpr std::array<double, 21> mills_terms{
    1.1568486282918942,     -0.2294875382522292,    0.07778159886881932,     0.025072179310225408,
    -0.06617760078236147,   0.061505045652684914,   -0.03802659213490491,    0.016348233163331963,
    -0.004201290736679096,  1.9520214270818966e-05, 0.00045704582520788656,  -0.00013433939528530688,
    -2.481137046166861e-05, 2.263585163937937e-05,  -1.6599786895713296e-07, -3.1774642411607574e-06,
    3.081417380856143e-07,  4.0705306890390485e-07, -5.6649464896762214e-08, -3.479122090011238e-08,
    5.2018319174602725e-09};
inline constexpr std::array<double, 21> arctangent_terms{
    0.8704197513671031,    -0.10187654235021819,    0.020851851207107995,   -0.005030863660250188,
    0.0013155859496333734, -0.00036098208705173814, 0.00010227656107178913, -2.9650040743787852e-05,
    8.744939003408735e-06, -2.614072586979947e-06,  7.898630221786108e-07,  -2.407998906962075e-07,
    7.39496368005974e-08,  -2.2805845621452853e-08, 7.0806150516040426e-09, -2.268506442651753e-09,
    7.146663335684404e-10, -1.782766787902618e-10,  5.448573613505836e-11,  -3.790552213236536e-11,
    1.2378289303644325e-11};
inline constexpr std::array<double, 14> exponential_terms{
    1,         1,          1. / 2,      1. / 6,       1. / 24,       1. / 120,       1. / 720,
    1. / 5040, 1. / 40320, 1. / 362880, 1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800};
inline constexpr std::array<double, 11> logarithm_terms{1,       1. / 3,  1. / 5,  1. / 7,  1. / 9, 1. / 11,
                                                        1. / 13, 1. / 15, 1. / 17, 1. / 19, 1. / 21};

/// e^x for x <= 0, e^-700 below that.
BRAGGD_KERNEL_BODY double decayed(double x) {
  constexpr double to_integer = 0x1.8p52, ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  x = x > -700 ? x : -700;
  const double shifted = x * std::numbers::log2e + to_integer;
  const double n = shifted - to_integer;
  const double rest = (x - n * ln2_high) - n * ln2_low;
  const std::uint64_t exponent = (std::bit_cast<std::uint64_t>(shifted) + 1023) << 52U;
  return polynomial(rest, exponential_terms) * std::bit_cast<double>(exponent);
}

/// Mills' ratio of the normal distribution, its upper tail from x over its density at x, for x >= 0.
BRAGGD_KERNEL_BODY double mills_ratio(double x) {
  return polynomial((x - 5) / (x + 5), mills_terms) / (1 + x);
}

/// Natural logarithm of a positive normal number.
BRAGGD_KERNEL_BODY double logarithm(double x) {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcd;
  constexpr double to_integer = 0x1.8p52;
  const std::uint64_t above = std::bit_cast<std::uint64_t>(x) - root_half;
  const std::uint64_t exponent = (above + (std::uint64_t{1024} << 52U)) >> 52U;  // plus 1024
  const double mantissa = std::bit_cast<double>((above & 0xfffffffffffff) + root_half);
  const double n =
      std::bit_cast<double>(exponent + std::bit_cast<std::uint64_t>(to_integer)) - (to_integer + 1024);
  const double s = (mantissa - 1) / (mantissa + 1);
  return n * std::numbers::ln2 + 2 * s * polynomial(s * s, logarithm_terms);
}

BRAGGD_KERNEL_BODY double arctangent(double x) {
  const double size = x < 0 ? -x : x;
  const double inside = size > 1 ? 1 / size : size;
  const double angle = inside * polynomial(2 * inside * inside - 1, arctangent_terms);
  const double turned = size > 1 ? std::numbers::pi / 2 - angle : angle;
  return x < 0 ? -turned : turned;
}

}  // namespace braggd::spot_math
