// Where and when a reciprocal lattice vector diffracts, seen by a flat detector across the beam.
//
// Laboratory frame (Poulsen 2004, "Three-Dimensional X-Ray Diffraction Microscopy", Springer, ch. 3; Lauridsen et al.
// 2001, J. Appl. Cryst. 34, 744): x along the beam, z up along the rotation axis, y to the left when looking along the
// beam. The sample turns right-handed by omega about z. The detector stands at x = distance; rows run down and columns
// to the right when looking along the beam. The azimuth eta of a diffracted beam is 0 upwards and grows towards the
// right. Reciprocal vectors are in 1/angstrom, |g| = 1/d.
#pragma once

#include <array>
#include <optional>

#include "simulation/config.hpp"
#include "simulation/vector3.hpp"

namespace braggd {

/// The rotations in (-180, 180] deg at which `g` (sample frame) obeys Bragg's law, |k + g| = |k|; none where its cone
/// about the rotation axis never meets the Ewald sphere (Bernier et al. 2011, J. Strain Anal. 46, 527).
std::optional<std::array<double, 2>> bragg_rotations_deg(Vector3 g, double wavelength_angstrom);

/// A diffracted beam.
struct DiffractedBeam {
  double two_theta_rad = 0, eta_rad = 0;
  double row = 0, col = 0;    ///< where it meets the detector's plane
  double ring_radius_px = 0;  ///< radius of its Debye-Scherrer ring
  /// Turning the sample by a further d_omega, the diffracting part of a mosaic grain moves along the ring by this
  /// fraction of d_omega: tan(theta) cos(eta).
  double azimuthal_drift = 0;
  /// 1 / |sin(eta)|: how much longer than its mosaic spread the grain diffracts. Times 1 / sin(2 theta) it is the
  /// Lorentz factor (Lauridsen et al. 2001).
  double rotation_broadening = 1;
  double lorentz_polarisation =
      1;  ///< with a beam polarised horizontally (Kahn et al. 1982, J. Appl. Cryst. 15, 330)
};

/// The beam that `g` (sample frame) sends out at `omega_deg` from `position_m` (sample frame); none where it does not
/// go towards the detector.
std::optional<DiffractedBeam> diffracted_beam(const SimulationConfig& config, Vector3 g, double omega_deg,
                                              Vector3 position_m);

/// Length of the reciprocal vectors that diffract by `two_theta_rad`: 2 sin(theta) / wavelength.
double length_of_g(double two_theta_rad, double wavelength_angstrom);

}  // namespace braggd
