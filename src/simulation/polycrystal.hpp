// Grains: where they sit, how they are turned and strained, and what plastic deformation makes of them.
#pragma once

#include <cstdint>
#include <vector>

#include "simulation/config.hpp"
#include "simulation/random.hpp"
#include "simulation/vector3.hpp"

namespace braggd {

/// A part of a grain with one lattice; a whole grain is a single one.
struct Subgrain {
  Matrix3 lattice;  ///< U (1 + strain)^-1: turns g of the ideal crystal into the sample's frame
  double volume_fraction = 1;
};

struct Grain {
  Vector3 position_m;        ///< in the sample's frame, from the rotation axis
  double volume = 1;         ///< relative; the median is 1
  double mosaic_rad = 0;     ///< spread of orientation about any axis
  double strain_spread = 0;  ///< spread of strain within the grain
  std::vector<Subgrain> subgrains;
};

/// Uniformly distributed rotation (Shoemake 1992, "Uniform random rotations", Graphics Gems III, 124).
Matrix3 random_rotation(Random& random);

/// Symmetric tensor whose component along every direction is normal with standard deviation `sigma`.
Matrix3 random_strain(Random& random, double sigma);

/// Grain `index` of the sample; the same grain at every load step, but for what the load did to it: orientation
/// spread grows by 0.04 deg and strain spread by 1e-4 a step in quadrature (so that spots broaden along omega and the
/// azimuth more than along the radius), and by load step n a share 1 - exp(-n/4) of all grains is broken into 2 to 4
/// subgrains, which keep turning away from each other. Deformed grains do so: Jakobsen et al. 2006, Science 312, 889;
/// Pantleon et al. 2010, Mater. Sci. Eng. A 527, 45.
Grain make_grain(const SimulationConfig& config, std::uint32_t index);

}  // namespace braggd
