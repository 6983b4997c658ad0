#include "simulation/crystal.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include <braggd/error.hpp>

#include "simulation/polycrystal.hpp"

namespace braggd {
namespace {

bool is_allowed(Centering centering, std::int16_t h, std::int16_t k, std::int16_t l) {
  return structure_factor_squared(centering, {h, k, l}) > 0;
}

TEST(Crystal, AFaceCentredCellHasNo100ButHas111And200) {
  EXPECT_FALSE(is_allowed(Centering::face, 1, 0, 0));
  EXPECT_FALSE(is_allowed(Centering::face, 1, 1, 0));
  EXPECT_FALSE(is_allowed(Centering::face, -2, 1, 0));
  EXPECT_TRUE(is_allowed(Centering::face, 1, -1, 1));
  EXPECT_TRUE(is_allowed(Centering::face, 0, -2, 0));
}

TEST(Crystal, ABodyCentredCellHasEvenSumsOnly) {
  EXPECT_TRUE(is_allowed(Centering::body, 1, -1, 0));
  EXPECT_FALSE(is_allowed(Centering::body, 1, 1, 1));
}

TEST(Crystal, ADiamondLacks200ThatAFaceCentredCellHas) {
  EXPECT_FALSE(is_allowed(Centering::diamond, 2, 0, 0));
  EXPECT_FALSE(is_allowed(Centering::diamond, 2, 2, -2));
  EXPECT_TRUE(is_allowed(Centering::diamond, 2, 2, 0));
  EXPECT_EQ(structure_factor_squared(Centering::diamond, {4, 0, 0}),
            2 * structure_factor_squared(Centering::diamond, {1, 1, 1}));
}

TEST(Crystal, FamiliesHaveTheirMultiplicity) {
  const SimulationConfig config;
  std::map<int, int> members;  // by h^2 + k^2 + l^2
  for (const Reflection& r : allowed_reflections(config, 2.85 / config.lattice_parameter_angstrom)) {
    ++members[r.hkl.h * r.hkl.h + r.hkl.k * r.hkl.k + r.hkl.l * r.hkl.l];
  }
  EXPECT_EQ(members, (std::map<int, int>{{3, 8}, {4, 6}, {8, 12}}));
}

TEST(Crystal, ReflectionsBecomeWeakerOutwards) {
  const SimulationConfig config;
  const auto reflections = allowed_reflections(config, 1.2);
  ASSERT_GT(reflections.size(), 100U);
  for (std::size_t i = 1; i < reflections.size(); ++i) {
    EXPECT_GE(length(reflections[i].g), length(reflections[i - 1].g) - 1e-12);
    EXPECT_LE(reflections[i].strength, reflections[i - 1].strength + 1e-12);
  }
  const double s = length(reflections.back().g) / 2;
  EXPECT_NEAR(reflections.back().strength, 16 * std::exp(-2 * config.b_factor_angstrom2 * s * s), 1e-9);
}

TEST(Crystal, ACellWithTooManyReflectionsIsRefused) {
  SimulationConfig config;
  config.lattice_parameter_angstrom = 100;
  EXPECT_THROW(allowed_reflections(config, 5), ConfigError);
}

TEST(Polycrystal, RandomRotationsAreRotationsAndPointEverywhereAlike) {
  Random random(1, RandomStream::grain);
  Vector3 mean, squares;
  constexpr int n = 50000;
  for (int i = 0; i < n; ++i) {
    const Matrix3 r = random_rotation(random);
    const Matrix3 unit = r * transposed(r);
    EXPECT_NEAR(unit.rows[0].x + unit.rows[1].y + unit.rows[2].z, 3, 1e-12);
    EXPECT_NEAR(dot(r.rows[0], cross(r.rows[1], r.rows[2])), 1, 1e-12);
    const Vector3 axis = r * Vector3{1, 0, 0};
    mean = mean + axis;
    squares = squares + Vector3{axis.x * axis.x, axis.y * axis.y, axis.z * axis.z};
  }
  for (const double value : {mean.x, mean.y, mean.z}) EXPECT_NEAR(value / n, 0, 0.013);
  for (const double value : {squares.x, squares.y, squares.z}) EXPECT_NEAR(value / n, 1. / 3, 0.007);
}

TEST(Polycrystal, StrainHasTheSameSpreadAlongEveryDirection) {
  for (const Vector3 n : {Vector3{1, 0, 0}, Vector3{0.6, 0.8, 0}, Vector3{0.48, 0.6, 0.64}}) {
    Random random(1, RandomStream::grain);
    double squares = 0;
    for (int i = 0; i < 40000; ++i) squares += std::pow(dot(n, random_strain(random, 1e-3) * n), 2);
    EXPECT_NEAR(std::sqrt(squares / 40000), 1e-3, 2e-5);
  }
}

TEST(Polycrystal, GrainsLieInTheCylinderAndTheirVolumesAreLogNormal) {
  SimulationConfig config;
  double log_squares = 0;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const Grain grain = make_grain(config, i);
    EXPECT_LE(std::hypot(grain.position_m.x, grain.position_m.y), config.sample_radius_um * 1e-6);
    EXPECT_LE(std::abs(grain.position_m.z), config.sample_height_um * 0.5e-6);
    log_squares += std::pow(std::log(grain.volume), 2);
  }
  EXPECT_NEAR(std::sqrt(log_squares / 5000), config.grain_volume_sigma, 0.03);
}

TEST(Polycrystal, LoadBreaksMoreAndMoreGrainsAndTheyStayBroken) {
  SimulationConfig config;
  std::set<std::uint32_t> broken_before;
  for (const std::uint32_t load_step : {0U, 1U, 3U, 8U}) {
    config.load_step = load_step;
    std::set<std::uint32_t> broken;
    for (std::uint32_t i = 0; i < 2000; ++i) {
      const Grain grain = make_grain(config, i);
      EXPECT_TRUE(grain.subgrains.size() >= 1 && grain.subgrains.size() <= 4);
      double volume = 0;
      for (const Subgrain& part : grain.subgrains) volume += part.volume_fraction;
      EXPECT_NEAR(volume, 1, 1e-12);
      if (grain.subgrains.size() > 1) broken.insert(i);
    }
    EXPECT_NEAR(static_cast<double>(broken.size()) / 2000, 1 - std::exp(-0.25 * load_step), 0.05);
    for (const std::uint32_t i : broken_before) EXPECT_TRUE(broken.contains(i));
    broken_before = broken;
  }
}

}  // namespace
}  // namespace braggd
