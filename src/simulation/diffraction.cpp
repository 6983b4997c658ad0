#include "simulation/diffraction.hpp"

#include <cmath>

namespace braggd {
namespace {

double sine_of_theta(Vector3 g, double wavelength_angstrom) {
  return length(g) * wavelength_angstrom / 2;
}

}  // namespace

// g turned by omega has g_x = A cos(omega + phi); Bragg's law asks for g_x = -|g| sin(theta).
std::optional<std::array<double, 2>> bragg_rotations_deg(Vector3 g, double wavelength_angstrom) {
  const double a = std::hypot(g.x, g.y);
  const double wanted = -length(g) * sine_of_theta(g, wavelength_angstrom);
  if (!(std::abs(wanted) < a)) return std::nullopt;
  const double phi = std::atan2(g.y, g.x);
  const double half_way = std::acos(wanted / a);
  const auto wrapped = [](double rad) { return std::remainder(rad * deg_per_rad, 360.); };
  return std::array{wrapped(half_way - phi), wrapped(-half_way - phi)};
}

std::optional<DiffractedBeam> diffracted_beam(const SimulationConfig& config, Vector3 g, double omega_deg,
                                              Vector3 position_m) {
  const double wavelength = config.wavelength_angstrom();
  const double omega = omega_deg / deg_per_rad;
  const Vector3 k_out = Vector3{1 / wavelength, 0, 0} + rotated_about_z(g, omega);
  const Vector3 direction = (1 / length(k_out)) * k_out;
  const Vector3 from = rotated_about_z(position_m, omega);
  if (!(direction.x > 1e-6) || !(config.distance_m > from.x)) return std::nullopt;

  DiffractedBeam beam;
  const double pixel_m = config.pixel_um * 1e-6;
  const double path = (config.distance_m - from.x) / direction.x;
  beam.row = config.beam_row() - (from.z + path * direction.z) / pixel_m;
  beam.col = config.beam_col() - (from.y + path * direction.y) / pixel_m;
  beam.two_theta_rad = std::atan2(std::hypot(direction.y, direction.z), direction.x);
  beam.eta_rad = std::atan2(-direction.y, direction.z);
  beam.ring_radius_px = config.distance_m * std::tan(beam.two_theta_rad) / pixel_m;
  beam.azimuthal_drift = std::tan(beam.two_theta_rad / 2) * std::cos(beam.eta_rad);
  beam.rotation_broadening = 1 / std::abs(std::sin(beam.eta_rad));
  const double polarisation = 1 - direction.y * direction.y;
  beam.lorentz_polarisation = polarisation * beam.rotation_broadening / std::sin(beam.two_theta_rad);
  return beam;
}

double length_of_g(double two_theta_rad, double wavelength_angstrom) {
  return 2 * std::sin(two_theta_rad / 2) / wavelength_angstrom;
}

}  // namespace braggd
