#include "simulation/diffraction.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

#include "simulation/polycrystal.hpp"

namespace braggd {
namespace {

constexpr double rad_per_deg = std::numbers::pi / 180;

Vector3 random_g(Random& random, double longest) {
  return random_rotation(random) * Vector3{random.uniform(0.1, longest), 0, 0};
}

TEST(Diffraction, ARotationByTheSolvedOmegaPutsGOnTheEwaldSphere) {
  const double wavelength = 0.173;
  Random random(1, RandomStream::grain);
  int solved = 0;
  for (int i = 0; i < 10000; ++i) {
    const Vector3 g = random_g(random, 2);
    const auto rotations = bragg_rotations_deg(g, wavelength);
    if (!rotations) continue;
    for (const double omega : *rotations) {
      EXPECT_TRUE(omega >= -180 && omega <= 180);
      const Vector3 k_out = Vector3{1 / wavelength, 0, 0} + rotated_about_z(g, omega * rad_per_deg);
      EXPECT_NEAR(length(k_out) * wavelength, 1, 1e-12);
      ++solved;
    }
  }
  EXPECT_GT(solved, 19000);
}

TEST(Diffraction, AReciprocalVectorAlongTheRotationAxisNeverDiffracts) {
  EXPECT_FALSE(bragg_rotations_deg({0, 0, 0.5}, 0.173).has_value());
  EXPECT_FALSE(bragg_rotations_deg({1e-3, 0, 0.5}, 0.173).has_value());
}

TEST(Diffraction, BeamsObeyBraggsLawAndMeetTheirRing) {
  SimulationConfig config;
  Random random(2, RandomStream::grain);
  const double wavelength = config.wavelength_angstrom();
  for (int i = 0; i < 1000; ++i) {
    const Vector3 g = random_g(random, 1.2);
    const auto rotations = bragg_rotations_deg(g, wavelength);
    if (!rotations) continue;
    const auto beam = diffracted_beam(config, g, (*rotations)[0], {});
    ASSERT_TRUE(beam.has_value());
    EXPECT_NEAR(2 * std::sin(beam->two_theta_rad / 2) / length(g), wavelength, 1e-10);
    EXPECT_NEAR(length_of_g(beam->two_theta_rad, wavelength), length(g), 1e-9);
    EXPECT_NEAR(std::hypot(beam->row - config.beam_row(), beam->col - config.beam_col()),
                beam->ring_radius_px, 1e-6);
    EXPECT_NEAR(beam->row, config.beam_row() - beam->ring_radius_px * std::cos(beam->eta_rad), 1e-6);
    EXPECT_NEAR(beam->col, config.beam_col() + beam->ring_radius_px * std::sin(beam->eta_rad), 1e-6);
  }
}

TEST(Diffraction, UpIsTowardsSmallerRowsAndLeftTowardsSmallerColumns) {
  const SimulationConfig config;
  const auto straight = [&](Vector3 position) { return diffracted_beam(config, {}, 0, position).value(); };
  EXPECT_NEAR(straight({0, 0, 1e-3}).row, config.beam_row() - 5, 1e-9);
  EXPECT_NEAR(straight({0, 1e-3, 0}).col, config.beam_col() - 5, 1e-9);
  // A quarter turn brings what was on the left upstream.
  EXPECT_NEAR(diffracted_beam(config, {}, 90, {0, 1e-3, 0}).value().col, config.beam_col(), 1e-9);
}

TEST(Diffraction, AnOffsetGrainShiftsItsSpotsByItsProjectedOffset) {
  const SimulationConfig config;
  const double wavelength = config.wavelength_angstrom();
  const Vector3 g = rotation({0.3, 0.4, -0.2}) * Vector3{0.5, 0, 0.1};
  const double omega = bragg_rotations_deg(g, wavelength).value()[1];
  const auto centred = diffracted_beam(config, g, omega, {}).value();
  const Vector3 offset{3e-4, -2e-4, 1e-4};
  const auto shifted = diffracted_beam(config, g, omega, offset).value();
  const Vector3 turned = rotated_about_z(offset, omega * rad_per_deg);
  const double pixel = config.pixel_um * 1e-6;
  const double slope = std::tan(centred.two_theta_rad);
  EXPECT_NEAR(shifted.row - centred.row, (-turned.z + turned.x * slope * std::cos(centred.eta_rad)) / pixel,
              1e-6);
  EXPECT_NEAR(shifted.col - centred.col, (-turned.y - turned.x * slope * std::sin(centred.eta_rad)) / pixel,
              1e-6);
}

TEST(Diffraction, ABackScatteredBeamMissesTheDetector) {
  SimulationConfig config;
  config.energy_kev = 5;
  const Vector3 g{-0.7, 0.1, 0.1};
  const double omega = bragg_rotations_deg(g, config.wavelength_angstrom()).value()[0];
  EXPECT_FALSE(diffracted_beam(config, g, omega, {}).has_value());
}

// Small random rotations of a lattice spread its rotations and azimuths as the linear theory says.
TEST(Diffraction, MosaicSpreadBroadensOmegaByTheLorentzFactorAndDragsTheAzimuthAlong) {
  const SimulationConfig config;
  const double wavelength = config.wavelength_angstrom();
  const double mosaic = 1e-4;
  for (const double polar : {1.2, 0.7, 0.3}) {
    const Vector3 g{0.9 * std::sin(polar), 0, 0.9 * std::cos(polar)};
    const double omega = bragg_rotations_deg(g, wavelength).value()[0];
    const auto beam = diffracted_beam(config, g, omega, {}).value();
    Random random(4, RandomStream::grain);
    double omega_squares = 0, eta_squares = 0;
    constexpr int n = 20000;
    for (int i = 0; i < n; ++i) {
      const Vector3 turned =
          rotation({mosaic * random.normal(), mosaic * random.normal(), mosaic * random.normal()}) * g;
      const double omega_there = bragg_rotations_deg(turned, wavelength).value()[0];
      const double d_omega = (omega_there - omega) * rad_per_deg;
      const double d_eta = diffracted_beam(config, turned, omega_there, {}).value().eta_rad - beam.eta_rad;
      omega_squares += d_omega * d_omega;
      eta_squares += std::pow(d_eta - beam.azimuthal_drift * d_omega, 2);
    }
    EXPECT_NEAR(std::sqrt(omega_squares / n) / (mosaic * beam.rotation_broadening), 1, 0.02);
    EXPECT_NEAR(std::sqrt(eta_squares / n) / (mosaic / std::cos(beam.two_theta_rad / 2)), 1, 0.02);
  }
}

TEST(Diffraction, TheLorentzFactorIsThatOfARotatingCrystal) {
  const SimulationConfig config;
  const Vector3 g{0.6, 0.2, 0.3};
  const double omega = bragg_rotations_deg(g, config.wavelength_angstrom()).value()[0];
  const auto beam = diffracted_beam(config, g, omega, {}).value();
  const double two_theta = beam.two_theta_rad;
  const double polarisation = 1 - std::pow(std::sin(two_theta) * std::sin(beam.eta_rad), 2);
  EXPECT_NEAR(beam.lorentz_polarisation,
              polarisation / (std::sin(two_theta) * std::abs(std::sin(beam.eta_rad))), 1e-9);
}

}  // namespace
}  // namespace braggd
