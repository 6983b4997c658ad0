#include "simulation/polycrystal.hpp"

#include <cmath>
#include <numbers>

namespace braggd {
namespace {

constexpr double rad_per_deg = std::numbers::pi / 180;
constexpr double mosaic_per_step_rad = 0.04 * rad_per_deg;
constexpr double strain_spread_per_step = 1e-4;
constexpr double breaking_per_step = 0.25;
constexpr double first_misorientation_rad = 0.3 * rad_per_deg;

Vector3 random_vector(Random& random) {
  const double x = random.normal();
  const double y = random.normal();
  const double z = random.normal();
  return {x, y, z};
}

Vector3 random_position(Random& random, const SimulationConfig& config) {
  const double radius = config.sample_radius_um * 1e-6 * std::sqrt(random.uniform());
  const double angle = 2 * std::numbers::pi * random.uniform();
  const double z = config.sample_height_um * 1e-6 * (random.uniform() - 0.5);
  return {radius * std::cos(angle), radius * std::sin(angle), z};
}

// Parts of comparable volume, turned away from the grain's lattice about random axes by angles that grow with the
// square root of the deformation since they broke apart.
std::vector<Subgrain> broken(Random& random, const Matrix3& lattice, double steps_since) {
  std::vector<Subgrain> parts(2 + random.below(3));
  double total = 0;
  for (auto& part : parts) {
    const Vector3 turn = (first_misorientation_rad * std::sqrt(1 + steps_since)) * random_vector(random);
    part.lattice = rotation(turn) * lattice;
    part.volume_fraction = random.uniform(0.4, 1);
    total += part.volume_fraction;
  }
  for (auto& part : parts) part.volume_fraction /= total;
  return parts;
}

}  // namespace

Matrix3 random_rotation(Random& random) {
  const double u = random.uniform();
  const double angle_a = 2 * std::numbers::pi * random.uniform();
  const double angle_b = 2 * std::numbers::pi * random.uniform();
  const double x = std::sqrt(1 - u) * std::sin(angle_a);
  const double y = std::sqrt(1 - u) * std::cos(angle_a);
  const double z = std::sqrt(u) * std::sin(angle_b);
  const double w = std::sqrt(u) * std::cos(angle_b);
  return {{Vector3{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
           Vector3{2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
           Vector3{2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}}};
}

Matrix3 random_strain(Random& random, double sigma) {
  const Vector3 axial = sigma * random_vector(random);
  const Vector3 shear = (sigma / std::numbers::sqrt2) * random_vector(random);
  return {{Vector3{axial.x, shear.z, shear.y}, Vector3{shear.z, axial.y, shear.x},
           Vector3{shear.y, shear.x, axial.z}}};
}

Grain make_grain(const SimulationConfig& config, std::uint32_t index) {
  Random random(config.seed, RandomStream::grain, index);
  Grain grain;
  const Matrix3 orientation = random_rotation(random);
  Matrix3 deformation = random_strain(random, config.strain_sigma);
  deformation.rows[0].x += 1;
  deformation.rows[1].y += 1;
  deformation.rows[2].z += 1;
  const Matrix3 lattice = orientation * inverse(deformation);
  grain.position_m = random_position(random, config);
  grain.volume = std::exp(config.grain_volume_sigma * random.normal());
  grain.mosaic_rad = std::hypot(config.mosaic_deg * rad_per_deg, config.load_step * mosaic_per_step_rad);
  grain.strain_spread = config.load_step * strain_spread_per_step;
  const double breaks_at_step = random.exponential() / breaking_per_step;
  if (config.load_step > breaks_at_step) {
    grain.subgrains = broken(random, lattice, config.load_step - breaks_at_step);
  } else {
    grain.subgrains.push_back({lattice, 1});
  }
  return grain;
}

}  // namespace braggd
