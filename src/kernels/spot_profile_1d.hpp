// A Gaussian and a Lorentzian along one axis, integrated over pixels, with their derivatives.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace braggd {

/// Both have height 1 and full width at half maximum 2 sqrt(2 ln 2) sigma.
template <std::uint32_t most_pixels>
struct AxisProfile {
  struct Shape {
    std::array<double, most_pixels> value, by_centre, by_log_sigma;
  };
  Shape gauss, lorentz;

  void evaluate(std::uint32_t n_pixels, double centre, double sigma) {
    constexpr double half_width = 1.1774100225154747;  // sqrt(2 ln 2)
    const double g_scale = sigma * std::sqrt(std::numbers::pi / 2);
    const double gamma = sigma * half_width;
    Edge low = edge(-0.5 - centre, sigma, gamma);
    for (std::uint32_t i = 0; i < n_pixels; ++i) {
      const Edge high = edge(i + 0.5 - centre, sigma, gamma);
      // The integral scales as sigma F(t / sigma): its derivative by log sigma is itself less t f(t) at the ends.
      gauss.value[i] = g_scale * (high.erf - low.erf);
      gauss.by_centre[i] = low.gauss - high.gauss;
      gauss.by_log_sigma[i] = gauss.value[i] - (high.at * high.gauss - low.at * low.gauss);
      lorentz.value[i] = gamma * (high.atan - low.atan);
      lorentz.by_centre[i] = low.lorentz - high.lorentz;
      lorentz.by_log_sigma[i] = lorentz.value[i] - (high.at * high.lorentz - low.at * low.lorentz);
      low = high;
    }
  }

 private:
  struct Edge {
    double at, erf, gauss, atan, lorentz;
  };
  static Edge edge(double at, double sigma, double gamma) {
    const double u = at / sigma;
    const double v = at / gamma;
    return {at, std::erf(u / std::numbers::sqrt2), std::exp(-0.5 * u * u), std::atan(v), 1 / (1 + v * v)};
  }
};

}  // namespace braggd
