// Compiled without errno and traps of arithmetic, which would keep pixels from being taken side by side.
#include "kernels/spot_lane_survey.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/spot_lane_sums.hpp"
#include "kernels/spot_math.hpp"
#include "kernels/target.hpp"

namespace braggd::detail {

namespace {

constexpr std::size_t most_edges = most_px + lanes;
const double density_at_0 = 1 / std::sqrt(2 * std::numbers::pi);
constexpr double log_root_2_pi = 0.91893853320467274178;

/// What AxisProfile::evaluate computes, for `n` pixels (a multiple of 4).
BRAGGD_KERNEL_BODY void evaluate_axis(std::size_t n, double centre, double sigma, LaneAxis& axis) {
  constexpr double half_width = 1.1774100225154747;  // sqrt(2 ln 2)
  const double g_scale = sigma * std::sqrt(std::numbers::pi / 2);
  const double gamma = sigma * half_width;
  const double per_sigma = 1 / sigma, per_gamma = 1 / gamma;
  alignas(64) std::array<double, most_edges> at, erf, gauss, atan, lorentz;
  const std::size_t n_edges = (n + lanes) / lanes * lanes;
  for (std::size_t i = 0; i < n_edges; ++i) {
    at[i] = static_cast<double>(static_cast<int>(i)) - 0.5 - centre;
    const double u = at[i] * per_sigma, v = at[i] * per_gamma;
    gauss[i] = spot_math::decayed(-0.5 * u * u);
    const double inside = 1 - 2 * density_at_0 * gauss[i] * spot_math::mills_ratio(u < 0 ? -u : u);
    erf[i] = u < 0 ? -inside : inside;
    atan[i] = spot_math::arctangent(v);
    lorentz[i] = 1 / (1 + v * v);
  }
  for (std::size_t i = 0; i < n; ++i) {
    axis.gauss[i] = g_scale * (erf[i + 1] - erf[i]);
    axis.gauss_by_centre[i] = gauss[i] - gauss[i + 1];
    axis.gauss_by_log_sigma[i] = axis.gauss[i] - (at[i + 1] * gauss[i + 1] - at[i] * gauss[i]);
    axis.lorentz[i] = gamma * (atan[i + 1] - atan[i]);
    axis.lorentz_by_centre[i] = lorentz[i] - lorentz[i + 1];
    axis.lorentz_by_log_sigma[i] = axis.lorentz[i] - (at[i + 1] * lorentz[i + 1] - at[i] * lorentz[i]);
  }
}

/// The model's derivatives by the spot's parameters, in their order.
template <class Form, class Slopes>
BRAGGD_KERNEL_BODY void set_slopes(const LaneSpot& spot, const LanePixels& pixels, Slopes& slopes,
                                   std::size_t base) {
  const LaneAxis &rows = spot.rows, &cols = spot.cols;
  const auto set = [&](std::size_t parameter, double of_gauss, const LaneAxis::Values& gauss_row,
                       const LaneAxis::Values& gauss_col, double of_lorentz,
                       const LaneAxis::Values& lorentz_row, const LaneAxis::Values& lorentz_col) {
    alignas(64) LaneAxis::Values a, b;
    for (std::size_t r = 0; r < pixels.size_px; ++r) {
      a[r] = of_gauss * gauss_row[r];
      b[r] = of_lorentz * lorentz_row[r];
    }
    Form::combine({a.data(), gauss_col.data(), b.data(), lorentz_col.data(), pixels.size_px, pixels.pitch},
                  slopes[base + parameter].data());
  };
  const double height = spot.height, l = height * spot.lorentz_fraction,
               g = height * (1 - spot.lorentz_fraction);
  set(log_height, g, rows.gauss, cols.gauss, l, rows.lorentz, cols.lorentz);
  set(row, g, rows.gauss_by_centre, cols.gauss, l, rows.lorentz_by_centre, cols.lorentz);
  set(col, g, rows.gauss, cols.gauss_by_centre, l, rows.lorentz, cols.lorentz_by_centre);
  set(log_sigma_row, g, rows.gauss_by_log_sigma, cols.gauss, l, rows.lorentz_by_log_sigma, cols.lorentz);
  set(log_sigma_col, g, rows.gauss, cols.gauss_by_log_sigma, l, rows.lorentz, cols.lorentz_by_log_sigma);
  set(lorentz_fraction, -height, rows.gauss, cols.gauss, height, rows.lorentz, cols.lorentz);
}

template <class Form, std::size_t spots>
BRAGGD_KERNEL_BODY void evaluate_model(const LanePixels& pixels, LaneModel<spots>& model) {
  for (std::size_t k = 0; k < spots; ++k) {
    LaneSpot& spot = model.spot[k];
    evaluate_axis(pixels.pitch, spot.row, spot.sigma_row, spot.rows);
    evaluate_axis(pixels.pitch, spot.col, spot.sigma_col, spot.cols);
    set_slopes<Form>(spot, pixels, model.slope, 1 + n_of_spot * k);
  }
  for (std::size_t i = 0; i < pixels.n; ++i) {
    double value = model.background + model.slope[1 + log_height][i];
    if constexpr (spots > 1) value += model.slope[1 + n_of_spot + log_height][i];
    model.value[i] = value;
  }
}

/// What `Penalty` and `censored` say, for all pixels.
template <std::size_t spots>
BRAGGD_KERNEL_BODY void weigh(const LanePixels& pixels, LaneModel<spots>& model) {
  for (std::size_t i = 0; i < pixels.n; ++i) {
    const double inverse_sigma = pixels.inverse_sigma[i];
    const double z = (pixels.wanted[i] - model.value[i]) * inverse_sigma;
    const double ratio = spot_math::mills_ratio(z < 0 ? -z : z);
    const double density = density_at_0 * spot_math::decayed(-0.5 * z * z);
    const double share = z < 0 ? ratio : 1 - density * ratio;  // over the density where that may vanish
    const double hazard = (z < 0 ? 1 : density) / share;
    const double apart = z < 0 ? 0.5 * z * z + log_root_2_pi : 0;
    const double censored_cost = apart - spot_math::logarithm(share) - certain_cost;
    const double counts = z > certain_z ? 0.0 : 1.0;
    const double below = pixels.below[i], above = 1 - below;
    const double censored_weight = below * counts;
    model.cost[i] = censored_weight * censored_cost + above * (0.5 * z * z);
    model.gradient_weight[i] = (censored_weight * hazard - above * z) * inverse_sigma;
    model.curvature_weight[i] =
        (censored_weight * (hazard * (hazard + z)) + above) * (inverse_sigma * inverse_sigma);
  }
}

template <class Form, std::size_t first, std::size_t spots>
BRAGGD_KERNEL_BODY void add_up_curvature(const LaneModel<spots>& model, std::size_t n_pixels,
                                         LaneSums<spots>& sums) {
  constexpr std::size_t n = LaneSums<spots>::n;
  Form::template add_up<first, true, first, n>(model.curvature_weight.data(), model.slope[0].data(),
                                               most_pixels, n_pixels, sums.curvature[first].data());
  if constexpr (first + 1 < n) add_up_curvature<Form, first + 1>(model, n_pixels, sums);
}

template <class Form, std::size_t spots>
BRAGGD_KERNEL_BODY void survey(const LanePixels& pixels, LaneModel<spots>& model, LaneSums<spots>& sums) {
  evaluate_model<Form>(pixels, model);
  weigh(pixels, model);
  Form::template add_up<0, false, 0, LaneSums<spots>::n>(model.gradient_weight.data(), model.slope[0].data(),
                                                         most_pixels, pixels.n, sums.gradient.data());
  Form::template add_up<0, false, 0, 1>(model.cost.data(), model.slope[0].data(), most_pixels, pixels.n,
                                        &sums.cost);  // the background's slope is 1
  add_up_curvature<Form, 0>(model, pixels.n, sums);
}

template <std::size_t spots>
BRAGGD_KERNEL_BODY void follow(LanePixels& pixels, LaneModel<spots>& model, const NoiseModel& noise) {
  evaluate_model<PlainSums>(pixels, model);
  const double without = noise.noise_sigma * noise.noise_sigma, each = noise.signal_variance;
  const double least = std::max(0.25 * each, 1e-6);
  for (std::size_t i = 0; i < pixels.n; ++i) {
    const double variance = without + each * (model.value[i] > 0 ? model.value[i] : 0);
    const double inverse = 1 / std::sqrt(variance > least ? variance : least);
    pixels.inverse_sigma[i] = pixels.inverse_sigma[i] > 0 ? inverse : 0;
  }
}

#if BRAGGD_X86_KERNELS
template <std::size_t spots>
BRAGGD_TARGET_AVX2 void survey_avx2(const LanePixels& pixels, LaneModel<spots>& model,
                                    LaneSums<spots>& sums) {
  survey<NarrowSums>(pixels, model, sums);
}
template <std::size_t spots>
BRAGGD_TARGET_AVX512 void survey_avx512(const LanePixels& pixels, LaneModel<spots>& model,
                                        LaneSums<spots>& sums) {
  survey<WideSums>(pixels, model, sums);
}
#endif

}  // namespace

template <std::size_t spots>
void survey_lanes([[maybe_unused]] KernelSet set, const LanePixels& pixels, LaneModel<spots>& model,
                  LaneSums<spots>& sums) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return survey_avx512(pixels, model, sums);
  if (set == KernelSet::avx2) return survey_avx2(pixels, model, sums);
#endif
  survey<PlainSums>(pixels, model, sums);
}

// Twice a fit: not worth a form for each kernel set.
template <std::size_t spots>
void follow_lanes(LanePixels& pixels, LaneModel<spots>& model, const NoiseModel& noise) {
  follow(pixels, model, noise);
}

template void survey_lanes<1>(KernelSet, const LanePixels&, LaneModel<1>&, LaneSums<1>&);
template void survey_lanes<2>(KernelSet, const LanePixels&, LaneModel<2>&, LaneSums<2>&);
template void follow_lanes<1>(LanePixels&, LaneModel<1>&, const NoiseModel&);
template void follow_lanes<2>(LanePixels&, LaneModel<2>&, const NoiseModel&);

}  // namespace braggd::detail
