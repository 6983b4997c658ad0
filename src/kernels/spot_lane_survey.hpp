// The survey of a fit several pixels at a time: values in arrays, sums in 8 lanes that are folded at the end.
#pragma once

#include "kernels/kernel_set.hpp"
#include "kernels/spot_survey.hpp"

namespace braggd::detail {

inline constexpr std::size_t lanes = 8;
inline constexpr std::size_t most_px = 32;  ///< of a padded row
inline constexpr std::size_t most_pixels = std::size_t{largest_fit_patch_px} * most_px;

/// A patch's pixels by rows of `pitch`; those that say nothing, and what fills up, have no weight.
struct LanePixels {
  alignas(64) std::array<double, most_pixels> wanted, inverse_sigma, below;  // below: 1 or 0
  std::size_t n = 0, pitch = 0, size_px = 0;                                 // n: a multiple of the lanes
};

/// One axis of a spot; see AxisProfile.
struct LaneAxis {
  using Values = std::array<double, most_px>;
  alignas(64) Values gauss, gauss_by_centre, gauss_by_log_sigma, lorentz, lorentz_by_centre,
      lorentz_by_log_sigma;
};

struct LaneSpot {
  double row, col, sigma_row, sigma_col, height, lorentz_fraction;
  LaneAxis rows, cols;
};

/// The model and its derivatives in each pixel, and what it adds to the cost and to its slopes.
template <std::size_t spots>
struct LaneModel {
  static constexpr std::size_t n_slopes = n_parameters<spots>;
  using Pixels = std::array<double, most_pixels>;
  alignas(64) Pixels value, cost, gradient_weight, curvature_weight;
  alignas(64) std::array<Pixels, n_slopes> slope;
  std::array<LaneSpot, spots> spot;
  double background = 0;
};

/// Sums over the pixels: cost, gradient, the curvature's upper triangle by rows.
template <std::size_t spots>
struct LaneSums {
  static constexpr std::size_t n = n_parameters<spots>;
  double cost;
  std::array<double, n> gradient;
  std::array<std::array<double, n>, n> curvature;
};

/// Surveys for the kernel set in use, which all give the same bits.
template <std::size_t spots>
void survey_lanes(KernelSet set, const LanePixels& pixels, LaneModel<spots>& model, LaneSums<spots>& sums);
/// Gives pixels the variance that the model expects of them.
template <std::size_t spots>
void follow_lanes(LanePixels& pixels, LaneModel<spots>& model, const NoiseModel& noise);

template <std::size_t spots>
class LaneSurvey {
 public:
  using Vector = Parameters<spots>;

  explicit LaneSurvey(const Data& data) : set_(data.kernels) {
    pixels_.size_px = data.size_px;
    pixels_.pitch = (data.size_px + 3) / 4 * 4;
    pixels_.n = (data.size_px * pixels_.pitch + lanes - 1) / lanes * lanes;
    std::fill_n(pixels_.wanted.begin(), pixels_.n, 0.0);
    std::fill_n(pixels_.inverse_sigma.begin(), pixels_.n, 0.0);
    std::fill_n(pixels_.below.begin(), pixels_.n, 0.0);
    for (std::size_t i = 0; i < data.n; ++i) {
      const Datum& d = data.pixels[i];
      const std::size_t at = d.row * pixels_.pitch + d.col;
      pixels_.wanted[at] = d.below ? data.threshold : d.value;
      pixels_.inverse_sigma[at] = d.inverse_sigma;
      pixels_.below[at] = d.below ? 1.0 : 0.0;
    }
    std::fill_n(model_.slope[0].begin(), pixels_.n, 1.0);  // that of the background
    // Behind the last row the model is not computed.
    const auto end = static_cast<std::ptrdiff_t>(data.size_px * pixels_.pitch);
    for (std::size_t k = 1; k < model_.slope.size(); ++k) {
      std::fill(model_.slope[k].begin() + end,
                model_.slope[k].begin() + static_cast<std::ptrdiff_t>(pixels_.n), 0.0);
    }
  }

  void operator()(const Vector& p, Landscape<spots>& at) {
    set_parameters(p);
    LaneSums<spots> sums;
    survey_lanes<spots>(set_, pixels_, model_, sums);
    at.cost = sums.cost;
    for (std::size_t i = 0; i < LaneSums<spots>::n; ++i) {
      const auto r = static_cast<Eigen::Index>(i);
      at.gradient[r] = sums.gradient[i];
      for (std::size_t j = i; j < LaneSums<spots>::n; ++j) {
        const auto c = static_cast<Eigen::Index>(j);
        at.curvature(r, c) = at.curvature(c, r) = sums.curvature[i][j];
      }
    }
  }

  void follow_model(const Vector& p, const NoiseModel& noise) {
    set_parameters(p);
    follow_lanes<spots>(pixels_, model_, noise);
  }

 private:
  void set_parameters(const Vector& p) {
    model_.background = p[0];
    for (std::size_t k = 0; k < spots; ++k) {
      const int base = 1 + n_of_spot * static_cast<int>(k);
      LaneSpot& spot = model_.spot[k];
      spot.row = p[base + row];
      spot.col = p[base + col];
      spot.sigma_row = std::exp(p[base + log_sigma_row]);
      spot.sigma_col = std::exp(p[base + log_sigma_col]);
      spot.height = std::exp(p[base + log_height]);
      spot.lorentz_fraction = p[base + lorentz_fraction];
    }
  }

  KernelSet set_;
  LanePixels pixels_;
  LaneModel<spots> model_;
};

}  // namespace braggd::detail
