#include <cmath>
#include <numbers>
#include <string>

#include <braggd/error.hpp>

#include "simulation/random.hpp"
#include "simulation/spots.hpp"

namespace braggd {

std::vector<TrueSpot> uniform_spots(const SimulationConfig& config) {
  if (config.frames * config.spots_per_frame > max_true_spots) {
    throw ConfigError(
        "frames x spots_per_frame exceeds " + std::to_string(max_true_spots) + " spots; give fewer of either",
        "spots_per_frame");
  }
  std::vector<TrueSpot> spots;
  spots.reserve(config.frames * config.spots_per_frame);
  for (std::uint32_t frame = 0; frame < config.frames; ++frame) {
    Random random(config.seed, RandomStream::spot, frame);
    for (std::uint32_t i = 0; i < config.spots_per_frame; ++i) {
      TrueSpot spot;
      spot.spot = static_cast<std::uint32_t>(spots.size());
      spot.frame_begin = frame;
      spot.frame_end = frame + 1;
      spot.omega_deg = config.omega_start_deg + config.omega_step_deg * (frame + 0.5);
      spot.row = random.uniform() * config.rows - 0.5;
      spot.col = random.uniform() * config.cols - 0.5;
      const double sigma = random.uniform(config.sigma_min_px, config.sigma_max_px);
      spot.shape.sigma_radial_px = static_cast<float>(sigma);
      spot.shape.sigma_azimuthal_px = static_cast<float>(sigma * random.uniform(0.7, 1.4));
      spot.shape.eta_rad = static_cast<float>(random.uniform(-std::numbers::pi, std::numbers::pi));
      spot.shape.lorentz_fraction = static_cast<float>(config.lorentz_fraction);
      spot.shape.cut = widest_cut;
      const double peak = config.peak_min * std::pow(config.peak_max / config.peak_min, random.uniform());
      spot.intensity =
          peak / SpotProfile(spot.shape, spot.row, spot.col, share_within_cut(spot.shape)).peak();
      spot.shape.cut = sufficient_cut(spot.shape, spot.intensity);
      spot.intensity *= share_within_cut(spot.shape);
      spots.push_back(spot);
    }
  }
  return spots;
}

}  // namespace braggd
