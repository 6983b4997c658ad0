#include "kernels/spot_fit.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "kernels/spot_fit_data.hpp"
#include "kernels/spot_profile_1d.hpp"

namespace braggd {
namespace {

using namespace detail;

constexpr std::uint32_t most_px = largest_fit_patch_px;
constexpr int n_of_spot = 6;  // parameters of a spot, after the background
enum SpotParameter : std::uint8_t { log_height, row, col, log_sigma_row, log_sigma_col, lorentz_fraction };

constexpr double widest_prior = 0.7;  // of the logarithm of a width
constexpr double lorentz_middle = 0.4, lorentz_prior = 0.4;
constexpr double height_prior = 3;        // of its logarithm
constexpr double farthest_px = 3;         // a centre from its start
constexpr std::uint32_t most_steps = 40;  // of one round
// Between the rounds the variances follow the model; a round ends where a step promises less than this of the
// log-likelihood.
constexpr std::array gains_of_rounds{0.1, 1e-2, 1e-6};

template <std::size_t spots>
class Fit {
 public:
  static constexpr int n = 1 + n_of_spot * static_cast<int>(spots);
  using Vector = Eigen::Matrix<double, n, 1>;
  using Matrix = Eigen::Matrix<double, n, n>;

  Fit(Data& data, const NoiseModel& noise, const std::array<PatchPlace, spots>& starts)
      : data_(data), noise_(noise) {
    const double background_bound = std::max(std::abs(data.threshold), 1e-6);
    middle_[0] = 0;
    prior_[0] = background_bound / 3;
    low_[0] = -background_bound;
    high_[0] = background_bound;
    for (std::size_t k = 0; k < spots; ++k) start_spot(k, starts);
    at_ = middle_;
  }

  bool run() {
    for (const double gain : gains_of_rounds) {
      if (!minimise(gain)) return false;
      if (gain != gains_of_rounds.back()) follow_model();
    }
    return true;
  }

  SpotFit result(bool errors_known) const {
    SpotFit fit;
    fit.steps = steps_;
    fit.place = {at_[1 + row], at_[1 + col]};
    fit.background = at_[0];
    fit.height = std::exp(at_[1 + log_height]);
    fit.sigma_row = std::exp(at_[1 + log_sigma_row]);
    fit.sigma_col = std::exp(at_[1 + log_sigma_col]);
    fit.lorentz_fraction = at_[1 + lorentz_fraction];
    const bool at_bound = held_[1 + row] || held_[1 + col];
    fit.outcome = at_bound ? FitOutcome::left_patch : FitOutcome::converged;
    if (errors_known && !at_bound) {
      const Matrix covariance = reduced(here_.curvature).llt().solve(Matrix::Identity());
      fit.row_error = std::sqrt(covariance(1 + row, 1 + row));
      fit.col_error = std::sqrt(covariance(1 + col, 1 + col));
    }
    return fit;
  }

 private:
  // Height and widths from the pixels that are nearer to this spot's maximum than to the other's.
  void start_spot(std::size_t k, const std::array<PatchPlace, spots>& starts) {
    double sum = 0, sum_rr = 0, sum_cc = 0, highest = 0;
    const auto squared = [](const Datum& d, PatchPlace p) {
      return (d.row - p.row) * (d.row - p.row) + (d.col - p.col) * (d.col - p.col);
    };
    const PatchPlace own = starts[k];
    for (std::size_t i = 0; i < data_.n; ++i) {
      const Datum& d = data_.pixels[i];
      const PatchPlace other = starts[spots - 1 - k];
      if (d.below || (spots > 1 && squared(d, other) < squared(d, own))) continue;
      sum += d.value;
      sum_rr += d.value * (d.row - own.row) * (d.row - own.row);
      sum_cc += d.value * (d.col - own.col) * (d.col - own.col);
      highest = std::max(highest, d.value);
    }
    const auto log_width = [&](double moment) {
      const double width = std::sqrt(moment / std::max(sum, 1e-300));
      return std::log(std::clamp(width, 0.5, data_.size_px / 4.0));
    };
    const int base = 1 + n_of_spot * static_cast<int>(k);
    const double last = data_.size_px - 1.0;
    set(base + log_height, std::log(std::max(highest, 1e-6) * 1.2), height_prior, 4);
    set(base + row, own.row, std::numeric_limits<double>::infinity(), farthest_px);
    set(base + col, own.col, std::numeric_limits<double>::infinity(), farthest_px);
    for (const int axis : {row, col}) {
      low_[base + axis] = std::max(low_[base + axis], -0.5);
      high_[base + axis] = std::min(high_[base + axis], last + 0.5);
    }
    set(base + log_sigma_row, log_width(sum_rr), widest_prior, 2.5);
    set(base + log_sigma_col, log_width(sum_cc), widest_prior, 2.5);
    set(base + lorentz_fraction, lorentz_middle, lorentz_prior, 0);
    low_[base + lorentz_fraction] = 0;
    high_[base + lorentz_fraction] = 1;
  }

  void set(int i, double middle, double prior, double reach) {
    middle_[i] = middle;
    prior_[i] = prior;
    low_[i] = middle - reach;
    high_[i] = middle + reach;
  }

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

  /// Minus the logarithm of the likelihood and of the priors, and its slopes.
  struct Landscape {
    double cost;
    Vector gradient;
    Matrix curvature;
  };

  void survey(const Vector& p, Landscape& at) {
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
    for (int i = 0; i < n; ++i) {
      const double z = (p[i] - middle_[i]) / prior_[i];
      at.cost += 0.5 * z * z;
      at.gradient[i] += z / prior_[i];
      at.curvature(i, i) += 1 / (prior_[i] * prior_[i]) + 1e-12;
    }
  }

  /// Without the parameters that stand at a bound.
  Matrix reduced(Matrix curvature) const {
    for (int i = 0; i < n; ++i) {
      if (!held_[i]) continue;
      curvature.row(i).setZero();
      curvature.col(i).setZero();
      curvature(i, i) = 1;
    }
    return curvature;
  }

  /// Marks the parameters that stand at a bound and are drawn beyond it.
  void hold() {
    for (int i = 0; i < n; ++i) {
      const double slope = here_.gradient[i];
      held_[i] = (at_[i] <= low_[i] && slope > 0) || (at_[i] >= high_[i] && slope < 0);
    }
  }

  /// To the minimum for the variances as they are, until a step promises less than `gain`; false where there is no way.
  bool minimise(double gain) {
    survey(at_, here_);
    double damping = 1e-3;
    for (std::uint32_t step = 0; step < most_steps; ++step, ++steps_) {
      hold();
      const Vector downhill = held_.select(Vector::Zero(), -here_.gradient);
      Matrix damped = reduced(here_.curvature);
      damped.diagonal() *= 1 + damping;
      const Vector change = damped.llt().solve(downhill);
      if (!change.allFinite()) return false;
      const Vector next = (at_ + change).cwiseMax(low_).cwiseMin(high_);
      survey(next, there_);
      const bool last = change.dot(downhill) < gain;
      if (there_.cost <= here_.cost) {
        at_ = next;
        std::swap(here_, there_);
        damping = std::max(damping * 0.1, 1e-9);
      } else {
        damping *= 10;
        if (damping > 1e9) return last;
      }
      if (last) return true;
    }
    return false;
  }

  void follow_model() {
    evaluate_axes(at_);
    for (std::size_t i = 0; i < data_.n; ++i) {
      Datum& d = data_.pixels[i];
      d.inverse_sigma = 1 / std::sqrt(usable_variance(noise_, model(d, at_[0])));
    }
  }

  struct Spot {
    AxisProfile<most_px> rows, cols;
    double height, lorentz;
  };
  Data& data_;
  NoiseModel noise_;
  std::array<Spot, spots> spots_;
  Vector middle_, prior_, low_, high_, at_;
  Landscape here_, there_;
  Eigen::Array<bool, n, 1> held_ = Eigen::Array<bool, n, 1>::Constant(false);
  std::uint32_t steps_ = 0;
};

template <std::size_t spots>
SpotFit fit_spots(Data& data, const NoiseModel& noise, const std::array<PatchPlace, spots>& starts,
                  bool errors_known) {
  Fit<spots> fit(data, noise, starts);
  const bool found = fit.run();
  SpotFit result = fit.result(errors_known && found);
  if (!found) result.outcome = FitOutcome::not_converged;
  return result;
}

}  // namespace

SpotFit fit_spot(std::span<const float> patch, std::uint32_t size_px, double threshold,
                 const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other) {
  if (size_px > most_px || patch.size() < std::size_t{size_px} * size_px) return {};
  const NoiseModel weights = noise.known() ? noise : NoiseModel{0, 1};
  Data data;
  collect(patch, size_px, threshold, weights, data);
  if (data.n_above == 0) return {};
  if (other) return fit_spots<2>(data, weights, {start, *other}, noise.known());
  return fit_spots<1>(data, weights, {start}, noise.known());
}

}  // namespace braggd
