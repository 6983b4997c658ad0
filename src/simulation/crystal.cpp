#include "simulation/crystal.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include <braggd/error.hpp>

namespace braggd {

double structure_factor_squared(Centering centering, MillerIndices hkl) {
  const int sum = hkl.h + hkl.k + hkl.l;
  const bool all_even = hkl.h % 2 == 0 && hkl.k % 2 == 0 && hkl.l % 2 == 0;
  const bool all_odd = hkl.h % 2 != 0 && hkl.k % 2 != 0 && hkl.l % 2 != 0;
  switch (centering) {
    case Centering::primitive:
      return 1;
    case Centering::body:
      return sum % 2 == 0 ? 4 : 0;
    case Centering::face:
      return all_even || all_odd ? 16 : 0;
    case Centering::diamond:
      return all_odd ? 32 : all_even && sum % 4 == 0 ? 64 : 0;
  }
  return 0;
}

std::vector<Reflection> allowed_reflections(const SimulationConfig& config, double longest_g) {
  constexpr double largest_index = 60;
  const double a = config.lattice_parameter_angstrom;
  const double reach = longest_g * a;
  if (!(reach <= largest_index)) {
    throw ConfigError(
        "the detector sees reflections of indices beyond " + std::to_string(static_cast<int>(largest_index)) +
            ", more than can be simulated; lower lattice_parameter_angstrom or energy_kev, or raise "
            "distance_m",
        "lattice_parameter_angstrom");
  }
  const auto limit = static_cast<std::int16_t>(reach);
  std::vector<Reflection> reflections;
  for (std::int16_t h = static_cast<std::int16_t>(-limit); h <= limit; ++h) {
    for (std::int16_t k = static_cast<std::int16_t>(-limit); k <= limit; ++k) {
      for (std::int16_t l = static_cast<std::int16_t>(-limit); l <= limit; ++l) {
        const MillerIndices hkl{h, k, l};
        const double f2 = structure_factor_squared(config.centering, hkl);
        const Vector3 g = (1 / a) * Vector3{double(h), double(k), double(l)};
        const double square = dot(g, g);
        if (f2 == 0 || square == 0 || square > longest_g * longest_g) continue;
        reflections.push_back({hkl, g, f2 * std::exp(-config.b_factor_angstrom2 * square / 2)});
      }
    }
  }
  std::ranges::sort(reflections, {}, [](const Reflection& r) {
    const auto [h, k, l] = r.hkl;
    return std::tuple(h * h + k * k + l * l, h, k, l);
  });
  return reflections;
}

}  // namespace braggd
