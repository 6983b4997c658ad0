// Detectors: what they make of the expected counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "simulation/config.hpp"
#include "simulation/random.hpp"
#include "simulation/spot_shape.hpp"

namespace braggd {

enum class Beam : std::uint8_t { off, on };

class Detector {
 public:
  virtual ~Detector() = default;
  /// Turns the rows of `band` into raw pixels (little-endian, rows x cols of the band) and leaves its signal zero.
  /// Without the beam the signal is zero already, and there is no background. Thread-safe.
  virtual void expose(Random& random, Beam beam, Band& band, std::span<std::byte> pixels) const = 0;
  /// rows x cols; non-zero is bad.
  virtual std::vector<std::uint8_t> mask() const = 0;
  virtual std::uint64_t saturation_value() const = 0;
};

/// Counts photons: a Poisson variable of the expected counts, 2^N-1 in the gaps between modules. The gaps are those of
/// an EIGER2 16M (8 x 4 modules; of its 4362 rows 38 lie between any two, of its 4148 columns 12), scaled to the size.
std::unique_ptr<const Detector> make_counting_detector(const SimulationConfig& config);

/// Integrates charge: a pedestal with a fixed pattern, normal noise whose variance grows with the signal, hot pixels,
/// which are high and noisy.
std::unique_ptr<const Detector> make_panel_detector(const SimulationConfig& config);

}  // namespace braggd
