// Cubic crystals: which reflections there are and how strong.
#pragma once

#include <cstdint>
#include <vector>

#include "simulation/config.hpp"
#include "simulation/vector3.hpp"

namespace braggd {

struct MillerIndices {
  std::int16_t h = 0, k = 0, l = 0;
  friend constexpr bool operator==(const MillerIndices&, const MillerIndices&) = default;
};

/// |F|^2 in units of one atom's scattering power, 0 for a forbidden reflection (International Tables for
/// Crystallography vol. B, ch. 1.2): primitive all; body h+k+l even; face h, k, l all even or all odd; diamond as face,
/// but all even only where h+k+l is a multiple of 4.
double structure_factor_squared(Centering centering, MillerIndices hkl);

struct Reflection {
  MillerIndices hkl;
  Vector3 g;  ///< in the crystal's own frame, 1/angstrom, |g| = 1/d (Busing & Levy 1967, Acta Cryst. 22, 457)
  double strength = 0;  ///< |F|^2 with the fall-off exp(-2 B s^2), s = |g| / 2
};

/// Every allowed reflection with 0 < |g| <= `longest_g` (1/angstrom), all members of each family, in ascending order
/// of |g|, then h, k, l. Throws ConfigError where they are more than a simulation can hold.
std::vector<Reflection> allowed_reflections(const SimulationConfig& config, double longest_g);

}  // namespace braggd
