#include "simulation/spot_shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <type_traits>

namespace braggd {
namespace {

// Half width at half maximum of a Gaussian of sigma 1, which the Lorentzian shares: sqrt(2 ln 2).
constexpr double half_width = 1.1774100225154747;
// From this width on the profile is even enough within a pixel for one point.
constexpr double wide_sigma_px = 5;
// Beyond, the Gaussian is negligible and the Lorentzian even enough for one point a pixel.
constexpr double core_radius = 5;

constexpr double square(double x) {
  return x * x;
}

double lorentz_scale(LorentzWings wings) {
  return wings == LorentzWings::cube ? half_width : square(half_width);
}

/// The Lorentzian where the Gaussian beside it is exp(-u^2 / 2).
double lorentz_density(LorentzWings wings, double u_squared) {
  const double t = u_squared + square(half_width);
  return lorentz_scale(wings) / (wings == LorentzWings::cube ? t * std::sqrt(t) : t);
}

/// Its integral within u = cut over that of the whole Gaussian.
double lorentz_within(LorentzWings wings, double cut) {
  if (wings == LorentzWings::cube) return 1 - half_width / std::hypot(cut, half_width);
  return square(half_width) * std::log(std::hypot(cut / half_width, 1));
}

}  // namespace

double share_within_cut(const SpotShape& shape) {
  const double cut = shape.cut, l = shape.lorentz_fraction;
  const double gauss = 1 - std::exp(-0.5 * cut * cut);
  return (1 - l) * gauss + l * lorentz_within(shape.wings, cut);
}

float sufficient_cut(const SpotShape& shape, double intensity) {
  constexpr double negligible_counts = 0.05;
  const double area = double{shape.sigma_radial_px} * shape.sigma_azimuthal_px;
  const double l = shape.lorentz_fraction;
  const double scale = intensity / (2 * std::numbers::pi * area);
  double low = 4;
  double high = widest_cut;
  for (int step = 0; step < 20; ++step) {
    const double u = (low + high) / 2;
    const double counts =
        scale * ((1 - l) * std::exp(-0.5 * u * u) + l * lorentz_density(shape.wings, u * u));
    (counts > negligible_counts ? low : high) = u;
  }
  return static_cast<float>(high);
}

SpotProfile::SpotProfile(const SpotShape& shape, double row, double col, double intensity)
    : row_(row), col_(col), cut_(shape.cut), wings_(shape.wings) {
  const double s = std::sin(double{shape.eta_rad});
  const double c = std::cos(double{shape.eta_rad});
  const double radial = 1 / (double{shape.sigma_radial_px} * shape.sigma_radial_px);
  const double azimuthal = 1 / (double{shape.sigma_azimuthal_px} * shape.sigma_azimuthal_px);
  // Unit vectors (row, col): (-cos eta, sin eta) along the radius, (sin eta, cos eta) along the ring.
  rr_ = c * c * radial + s * s * azimuthal;
  rc_ = s * c * (azimuthal - radial);
  cc_ = s * s * radial + c * c * azimuthal;
  const double scale =
      intensity * std::sqrt(radial * azimuthal) / (2 * std::numbers::pi * share_within_cut(shape));
  gauss_ = scale * (1 - shape.lorentz_fraction);
  lorentz_ = scale * shape.lorentz_fraction * lorentz_scale(wings_);
  wide_ = std::min(shape.sigma_radial_px, shape.sigma_azimuthal_px) > wide_sigma_px;
  half_height_px_ = cut_ * std::sqrt(cc_ / (radial * azimuthal));
}

double SpotProfile::density(double row_offset, double col_offset) const {
  const double u_squared =
      rr_ * row_offset * row_offset + 2 * rc_ * row_offset * col_offset + cc_ * col_offset * col_offset;
  double value = gauss_ * std::exp(-0.5 * u_squared);
  if (lorentz_ > 0) {
    const double t = u_squared + half_width * half_width;
    value += lorentz_ / (wings_ == LorentzWings::cube ? t * std::sqrt(t) : t);
  }
  return value;
}

double SpotProfile::pixel(double row, double col) const {
  if (wide_) return density(row - row_, col - col_);
  constexpr std::array<double, 3> offsets{-0.3872983346207417, 0, 0.3872983346207417};
  constexpr std::array<double, 3> weights{5. / 18, 8. / 18, 5. / 18};
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      sum += weights[i] * weights[j] * density(row - row_ + offsets[i], col - col_ + offsets[j]);
    }
  }
  return sum;
}

double SpotProfile::peak() const {
  const double row = std::floor(row_);
  const double col = std::floor(col_);
  return std::max({pixel(row, col), pixel(row, col + 1), pixel(row + 1, col), pixel(row + 1, col + 1)});
}

bool SpotProfile::reaches(std::uint32_t row_begin, std::uint32_t row_end) const {
  return row_ + half_height_px_ >= row_begin && row_ - half_height_px_ <= static_cast<double>(row_end) - 1;
}

// The columns where u^2 <= square, from the roots of a quadratic; clipped to the detector.
SpotProfile::Columns SpotProfile::columns_within(double row_offset, double u, std::uint32_t cols) const {
  const double b = rc_ * row_offset;
  const double discriminant = b * b - cc_ * (rr_ * row_offset * row_offset - u * u);
  if (!(discriminant >= 0)) return {0, 0};
  const double middle = col_ - b / cc_;
  const double reach = std::sqrt(discriminant) / cc_;
  const auto clip = [&](double c) {
    return static_cast<std::int64_t>(std::clamp(c, 0., static_cast<double>(cols)));
  };
  return {clip(std::ceil(middle - reach)), clip(std::floor(middle + reach) + 1)};
}

void SpotProfile::add_tail(float* row, double row_offset, Columns columns) const {
  const auto constant = static_cast<float>(rr_ * row_offset * row_offset + half_width * half_width);
  const auto linear = static_cast<float>(2 * rc_ * row_offset);
  const auto quadratic = static_cast<float>(cc_);
  const auto scale = static_cast<float>(lorentz_);
  const auto start = static_cast<float>(static_cast<double>(columns.begin) - col_);
  const auto n = static_cast<std::int32_t>(columns.end - columns.begin);
  float* const first = row + columns.begin;
  const auto add = [&](auto wings) {
    for (std::int32_t i = 0; i < n; ++i) {
      const float d = start + static_cast<float>(i);
      const float t = constant + d * (linear + d * quadratic);
      first[i] += scale / (wings == LorentzWings::cube ? t * std::sqrt(t) : t);
    }
  };
  if (wings_ == LorentzWings::cube)
    add(std::integral_constant<LorentzWings, LorentzWings::cube>{});
  else
    add(std::integral_constant<LorentzWings, LorentzWings::square>{});
}

void SpotProfile::add_to(Band& band) const {
  const double last = static_cast<double>(band.row_end) - 1;
  const double top = std::max(std::ceil(row_ - half_height_px_), static_cast<double>(band.row_begin));
  const double bottom = std::min(std::floor(row_ + half_height_px_), last);
  for (double r = top; r <= bottom; ++r) {
    const Columns all = columns_within(r - row_, cut_, band.cols);
    if (all.begin >= all.end) continue;
    const auto row = static_cast<std::uint32_t>(r);
    float* const pixels = band.row(row);
    Columns core = columns_within(r - row_, std::min(cut_, core_radius), band.cols);
    if (core.begin >= core.end) core = {all.begin, all.begin};
    for (std::int64_t c = core.begin; c < core.end; ++c)
      pixels[c] += static_cast<float>(pixel(r, static_cast<double>(c)));
    add_tail(pixels, r - row_, {all.begin, core.begin});
    add_tail(pixels, r - row_, {core.end, all.end});
    band.runs.push_back({row, static_cast<std::uint32_t>(all.begin), static_cast<std::uint32_t>(all.end)});
  }
}

}  // namespace braggd
