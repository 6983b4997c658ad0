#include "kernels/spot_fit.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "kernels/spot_lane_survey.hpp"
#include "kernels/spot_survey.hpp"

namespace braggd {
namespace {

using namespace detail;

constexpr double widest_prior = 0.7;  // of the logarithm of a width
constexpr double lorentz_middle = 0.4, lorentz_prior = 0.4;
constexpr double height_prior = 3;        // of its logarithm
constexpr double farthest_px = 3;         // a centre from its start
constexpr std::uint32_t most_steps = 40;  // of one round
// Between the rounds the variances follow the model; a round ends where a step promises less than this of the
// log-likelihood.
constexpr std::array gains_of_rounds{0.1, 1e-2, 1e-6};

template <std::size_t spots, class Survey>
class Fit {
 public:
  static constexpr int n = n_parameters<spots>;
  using Vector = Parameters<spots>;
  using Matrix = Eigen::Matrix<double, n, n>;

  Fit(const Data& data, const NoiseModel& noise, const std::array<PatchPlace, spots>& starts)
      : data_(data), noise_(noise), survey_(data) {
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
      if (gain != gains_of_rounds.back()) survey_.follow_model(at_, noise_);
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

  /// With the priors.
  void survey(const Vector& p, Landscape<spots>& at) {
    survey_(p, at);
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

  const Data& data_;
  NoiseModel noise_;
  Survey survey_;
  Vector middle_, prior_, low_, high_, at_;
  Landscape<spots> here_, there_;
  Eigen::Array<bool, n, 1> held_ = Eigen::Array<bool, n, 1>::Constant(false);
  std::uint32_t steps_ = 0;
};

template <std::size_t spots, class Survey>
SpotFit fit_spots(const Data& data, const NoiseModel& noise, const std::array<PatchPlace, spots>& starts,
                  bool errors_known) {
  Fit<spots, Survey> fit(data, noise, starts);
  const bool found = fit.run();
  SpotFit result = fit.result(errors_known && found);
  if (!found) result.outcome = FitOutcome::not_converged;
  return result;
}

template <template <std::size_t> class Survey>
SpotFit fit_by(KernelSet set, std::span<const float> patch, std::uint32_t size_px, double threshold,
               const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other) {
  if (size_px > largest_fit_patch_px || patch.size() < std::size_t{size_px} * size_px) return {};
  const NoiseModel weights = noise.known() ? noise : NoiseModel{0, 1};
  Data data;
  data.kernels = set;
  collect(patch, size_px, threshold, weights, data);
  if (data.n_above == 0) return {};
  if (other) return fit_spots<2, Survey<2>>(data, weights, {start, *other}, noise.known());
  return fit_spots<1, Survey<1>>(data, weights, {start}, noise.known());
}

}  // namespace

SpotFit fit_spot(std::span<const float> patch, std::uint32_t size_px, double threshold,
                 const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other) {
  static const KernelSet set = kernel_set();
  return fit_spot_with(set, patch, size_px, threshold, noise, start, other);
}

SpotFit fit_spot_with(KernelSet set, std::span<const float> patch, std::uint32_t size_px, double threshold,
                      const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other) {
  return fit_by<LaneSurvey>(set, patch, size_px, threshold, noise, start, other);
}

SpotFit fit_spot_plainly(std::span<const float> patch, std::uint32_t size_px, double threshold,
                         const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other) {
  return fit_by<PlainSurvey>(KernelSet::scalar, patch, size_px, threshold, noise, start, other);
}

}  // namespace braggd
