// The place of a spot from a fit of its profile to a patch.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "kernels/kernel_set.hpp"
#include "kernels/noise_model.hpp"

namespace braggd {

/// The largest patch that can be fitted, px.
inline constexpr std::uint32_t largest_fit_patch_px = 31;

/// A place in a patch, px from the centre of its first pixel.
struct PatchPlace {
  double row = 0, col = 0;
};

enum class FitOutcome : std::uint8_t {
  converged,
  left_patch,     ///< the centre ran into its bounds: out of the patch, or away from where it was looked for
  not_converged,  ///< too few pixels, or no minimum within the allowed steps
};

/// One fitted spot; lengths in px, heights in counts.
struct SpotFit {
  FitOutcome outcome = FitOutcome::not_converged;
  PatchPlace place;
  double row_error =
      std::numeric_limits<double>::quiet_NaN();  ///< one sigma; NaN where the noise is not known
  double col_error = std::numeric_limits<double>::quiet_NaN();
  double background = 0, height = 0;
  double sigma_row = 0, sigma_col = 0;
  double lorentz_fraction = 0;
  std::uint32_t steps = 0;
};

/// Fits background + height [(1 - m) G(row) G(col) + m L(row) L(col)], G a Gaussian and L a Lorentzian of the same
/// full width at half maximum, each integrated over the pixel (the profile of far-field diffraction programs, in rows
/// and columns). Pixels at or above threshold are compared with their values, each with the variance that the model
/// gives it; of pixels that are 0 it is only known that they lie below the threshold (a censored likelihood: Tobin
/// 1958, Econometrica 26, 24); NaN is left out. Wide normal priors keep dim spots from running away: logarithms of
/// widths within 0.7 of those of the pixels' second moments, the background within a third of the threshold of 0, the
/// Lorentzian's share within 0.4 of 0.4. Levenberg-Marquardt steps (Marquardt 1963, J. Soc. Indust. Appl. Math. 11,
/// 431) with bounds; errors from the curvature at the minimum. Every kernel set gives the same bits.
/// `patch`: size_px x size_px, row-major, size_px odd and at most largest_fit_patch_px; `start`: the pixel of the spot's
/// maximum. `other`: the maximum of a second spot to be fitted with it. Without a known noise the weights are those
/// of a photon counter.
SpotFit fit_spot(std::span<const float> patch, std::uint32_t size_px, double threshold,
                 const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other = {});
SpotFit fit_spot_with(KernelSet set, std::span<const float> patch, std::uint32_t size_px, double threshold,
                      const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other = {});

/// The same by the library's functions, pixel after pixel: the definition.
SpotFit fit_spot_plainly(std::span<const float> patch, std::uint32_t size_px, double threshold,
                         const NoiseModel& noise, PatchPlace start, std::optional<PatchPlace> other = {});

}  // namespace braggd
