// What a fit needs to know at a set of parameters: how likely they are and how that changes. In plain form.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/spot_fit_data.hpp"
#include "kernels/spot_profile_1d.hpp"

namespace braggd::detail {

inline constexpr int n_of_spot = 6;  // parameters of a spot, after the background
enum SpotParameter : std::uint8_t { log_height, row, col, log_sigma_row, log_sigma_col, lorentz_fraction };

template <std::size_t spots>
inline constexpr int n_parameters = 1 + n_of_spot* static_cast<int>(spots);
template <std::size_t spots>
using Parameters = Eigen::Matrix<double, n_parameters<spots>, 1>;

/// Minus the logarithm of the likelihood, and its slopes.
template <std::size_t spots>
struct Landscape {
  double cost;
  Parameters<spots> gradient;
  Eigen::Matrix<double, n_parameters<spots>, n_parameters<spots>> curvature;
};

/// Pixel by pixel: the definition.
template <std::size_t spots>
class PlainSurvey {
 public:
  using Vector = Parameters<spots>;

  explicit PlainSurvey(const Data& data) : data_(data) {}

  void operator()(const Vector& p, Landscape<spots>& at) {
    evaluate_axes(p);
    at.cost = 0;
    at.gradient.setZero();
    at.curvature.setZero();
    Vector slope;
    for (std::size_t i = 0; i < data_.n; ++i) {
      const Datum& d = data_.pixels[i];
      const double z = ((d.below ? data_.threshold : d.value) - model(d, p[0])) * d.inverse_sigma;
      if (d.below && z > certain_z) continue;
      const Penalty penalty = d.below ? censored(z) : Penalty{0.5 * z * z, -z, 1};
      gradient_of_model(d, slope);
      at.cost += penalty.cost;
      at.gradient += (penalty.slope * d.inverse_sigma) * slope;
      const Vector weighted = (penalty.curvature * d.inverse_sigma * d.inverse_sigma) * slope;
      at.curvature.noalias() += weighted * slope.transpose();
    }
  }

  /// Gives pixels the variance that the model expects of them.
  void follow_model(const Vector& p, const NoiseModel& noise) {
    evaluate_axes(p);
    for (std::size_t i = 0; i < data_.n; ++i) {
      Datum& d = data_.pixels[i];
      d.inverse_sigma = 1 / std::sqrt(usable_variance(noise, model(d, p[0])));
    }
  }

 private:
  struct Spot {
    AxisProfile<largest_fit_patch_px> rows, cols;
    double height, lorentz;
  };

  /// Makes the axes' profiles for the parameters `p`.
  void evaluate_axes(const Vector& p) {
    for (std::size_t k = 0; k < spots; ++k) {
      const int base = 1 + n_of_spot * static_cast<int>(k);
      auto& spot = spots_[k];
      spot.rows.evaluate(data_.size_px, p[base + row], std::exp(p[base + log_sigma_row]));
      spot.cols.evaluate(data_.size_px, p[base + col], std::exp(p[base + log_sigma_col]));
      spot.height = std::exp(p[base + log_height]);
      spot.lorentz = p[base + lorentz_fraction];
    }
  }

  double model(const Datum& d, double background) const {
    double sum = background;
    for (const auto& spot : spots_) {
      sum += spot.height * ((1 - spot.lorentz) * spot.rows.gauss.value[d.row] * spot.cols.gauss.value[d.col] +
                            spot.lorentz * spot.rows.lorentz.value[d.row] * spot.cols.lorentz.value[d.col]);
    }
    return sum;
  }

  void gradient_of_model(const Datum& d, Vector& slope) const {
    slope[0] = 1;
    int base = 1;
    for (const auto& spot : spots_) {
      const auto& gr = spot.rows.gauss;
      const auto& lr = spot.rows.lorentz;
      const auto& gc = spot.cols.gauss;
      const auto& lc = spot.cols.lorentz;
      const double g = spot.height * (1 - spot.lorentz);
      const double l = spot.height * spot.lorentz;
      const double gauss = gr.value[d.row] * gc.value[d.col];
      const double lorentz = lr.value[d.row] * lc.value[d.col];
      slope[base + log_height] = g * gauss + l * lorentz;
      slope[base + row] =
          g * gr.by_centre[d.row] * gc.value[d.col] + l * lr.by_centre[d.row] * lc.value[d.col];
      slope[base + col] =
          g * gr.value[d.row] * gc.by_centre[d.col] + l * lr.value[d.row] * lc.by_centre[d.col];
      slope[base + log_sigma_row] =
          g * gr.by_log_sigma[d.row] * gc.value[d.col] + l * lr.by_log_sigma[d.row] * lc.value[d.col];
      slope[base + log_sigma_col] =
          g * gr.value[d.row] * gc.by_log_sigma[d.col] + l * lr.value[d.row] * lc.by_log_sigma[d.col];
      slope[base + lorentz_fraction] = spot.height * (lorentz - gauss);
      base += n_of_spot;
    }
  }

  Data data_;
  std::array<Spot, spots> spots_;
};

}  // namespace braggd::detail
