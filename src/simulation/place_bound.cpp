#include "simulation/place_bound.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace braggd {
namespace {

constexpr std::size_t n_of_spot = 7;
enum Parameter : std::uint8_t { row, col, log_intensity, log_radial, log_azimuthal, eta, lorentz };
constexpr double step = 1e-3;  // of a derivative, in a parameter's own units
// One sigma; 0: none.
constexpr std::array<double, n_of_spot> priors{0, 0, 3, 0.7, 0.7, 1, 0.4};

ExpectedSpot moved(ExpectedSpot spot, std::size_t parameter, double by) {
  switch (parameter) {
    case row:
      spot.row += by;
      break;
    case col:
      spot.col += by;
      break;
    case log_intensity:
      spot.intensity *= std::exp(by);
      break;
    case log_radial:
      spot.shape.sigma_radial_px *= static_cast<float>(std::exp(by));
      break;
    case log_azimuthal:
      spot.shape.sigma_azimuthal_px *= static_cast<float>(std::exp(by));
      break;
    case eta:
      spot.shape.eta_rad += static_cast<float>(by);
      break;
    default:
      spot.shape.lorentz_fraction += static_cast<float>(by);
      break;
  }
  return spot;
}

SpotProfile profile_of(const ExpectedSpot& spot) {
  return {spot.shape, spot.row, spot.col, spot.intensity * share_within_cut(spot.shape)};
}

/// Fisher's information of a Poisson count about its mean, where counts below `threshold` are not told apart.
double poisson_information(double mean, double threshold) {
  double below = 0, lost = 0, last = 0;
  double share = std::exp(-mean);
  for (double k = 0; k < threshold; ++k) {
    below += share;
    lost += share * (k / mean - 1) * (k / mean - 1);
    last = share;
    share *= mean / (k + 1);
  }
  const double told_apart = std::max(1 / mean - lost, 0.0);
  return told_apart + (below > 0 ? last * last / below : 0);
}

/// The same of a normal value whose variance is given.
double normal_information(double mean, double variance, double threshold) {
  const double z = (threshold - mean) / std::sqrt(variance);
  const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
  const double below = 0.5 * std::erfc(-z / std::numbers::sqrt2);
  const double above = 0.5 * std::erfc(z / std::numbers::sqrt2);
  const double of_below = below > 1e-300 ? density * density / below : 0;
  return (z * density + above + of_below) / variance;
}

double information(const PatchPixels& pixels, double signal) {
  if (pixels.poisson) return poisson_information(signal + pixels.background, pixels.threshold);
  return normal_information(signal + pixels.background, pixels.noise.variance(signal), pixels.threshold);
}

/// The inverse's 2 x 2 block at (first, first): of a symmetric, positive matrix (n x n, row-major), by Cholesky's
/// factors.
PlaceCovariance corner_of_inverse(std::vector<double> matrix, std::size_t n, std::size_t first) {
  const auto at = [&](std::size_t r, std::size_t c) -> double& { return matrix[r * n + c]; };
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = c; r < n; ++r) {
      double sum = at(r, c);
      for (std::size_t k = 0; k < c; ++k) sum -= at(r, k) * at(c, k);
      at(r, c) = r == c ? std::sqrt(sum) : sum / at(c, c);
    }
  }
  // L y = e; the inverse's elements are products of such y.
  const auto solved = [&](std::size_t unit) {
    std::vector<double> y(n, 0.0);
    for (std::size_t r = 0; r < n; ++r) {
      double sum = r == unit ? 1 : 0;
      for (std::size_t k = 0; k < r; ++k) sum -= at(r, k) * y[k];
      y[r] = sum / at(r, r);
    }
    return y;
  };
  const std::vector<double> a = solved(first), b = solved(first + 1);
  return {std::inner_product(a.begin(), a.end(), a.begin(), 0.0),
          std::inner_product(a.begin(), a.end(), b.begin(), 0.0),
          std::inner_product(b.begin(), b.end(), b.begin(), 0.0)};
}

/// Both sides of each parameter of each spot, for derivatives.
struct Slopes {
  explicit Slopes(std::span<const ExpectedSpot> spots) {
    for (const ExpectedSpot& spot : spots) {
      here.push_back(profile_of(spot));
      for (std::size_t p = 0; p < n_of_spot; ++p) {
        below.push_back(profile_of(moved(spot, p, -step)));
        above.push_back(profile_of(moved(spot, p, step)));
      }
    }
  }
  std::vector<SpotProfile> here, below, above;
};

}  // namespace

PlaceCovariance place_bound(std::span<const ExpectedSpot> spots, const PatchPixels& pixels) {
  const std::size_t n = 1 + n_of_spot * spots.size();
  const Slopes slopes(spots);
  std::vector<double> fisher(n * n, 0.0), slope(n);
  const auto inside = [&](std::int32_t at) {
    return at >= 0 && at < static_cast<std::int32_t>(pixels.frame_px);
  };
  const auto size = static_cast<std::int32_t>(pixels.patch_px);
  for (std::int32_t r = pixels.origin.row; r < pixels.origin.row + size; ++r) {
    for (std::int32_t c = pixels.origin.col; c < pixels.origin.col + size; ++c) {
      if (!inside(r) || !inside(c)) continue;
      double signal = 0;
      for (const SpotProfile& spot : slopes.here) signal += spot.pixel(r, c);
      slope[0] = 1;
      for (std::size_t i = 0; i < slopes.below.size(); ++i) {
        slope[i + 1] = (slopes.above[i].pixel(r, c) - slopes.below[i].pixel(r, c)) / (2 * step);
      }
      const double known = information(pixels, signal);
      for (std::size_t i = 0; i < n * n; ++i) fisher[i] += known * slope[i / n] * slope[i % n];
    }
  }
  fisher[0] += 9 / (pixels.threshold * pixels.threshold);
  for (std::size_t i = 1; i < n; ++i) {
    const double prior = priors[(i - 1) % n_of_spot];
    if (prior > 0) fisher[i * n + i] += 1 / (prior * prior);
  }
  return corner_of_inverse(std::move(fisher), n, 1 + row);
}

}  // namespace braggd
