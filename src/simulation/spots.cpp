#include "simulation/spots.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <braggd/error.hpp>

namespace braggd {
namespace {

// A spot ends at this many sigma of its omega width.
constexpr double omega_cut = 3;

double cumulative_normal(double t) {
  return 0.5 * std::erfc(-t / std::numbers::sqrt2);
}
double normal_density(double t) {
  return std::exp(-0.5 * t * t) / std::sqrt(2 * std::numbers::pi);
}

}  // namespace

bool find_frames(const SimulationConfig& config, TrueSpot& spot) {
  const double centre = (spot.omega_deg - config.omega_start_deg) / config.omega_step_deg;
  const double reach = omega_cut * spot.sigma_omega_deg / std::abs(config.omega_step_deg);
  const auto frames = static_cast<double>(config.frames);
  const double begin = std::max(std::floor(centre - reach), 0.);
  const double end = std::min(std::floor(centre + reach) + 1, frames);
  if (!(begin < end)) return false;
  spot.frame_begin = static_cast<std::uint32_t>(begin);
  spot.frame_end = static_cast<std::uint32_t>(end);
  return true;
}

// The rocking curve is a normal distribution within omega_cut; a frame gets its integral over the frame's rotation, at
// the mean rotation of that part.
SpotOnFrame part_on_frame(const SimulationConfig& config, const TrueSpot& spot, std::uint64_t frame) {
  if (spot.sigma_omega_deg <= 0) return {1, spot.row, spot.col};
  const double sigma = spot.sigma_omega_deg;
  const double from = config.omega_start_deg + config.omega_step_deg * static_cast<double>(frame);
  const auto [low, high] = std::minmax({from, from + config.omega_step_deg});
  const double a = std::clamp((low - spot.omega_deg) / sigma, -omega_cut, omega_cut);
  const double b = std::clamp((high - spot.omega_deg) / sigma, -omega_cut, omega_cut);
  const double mass = cumulative_normal(b) - cumulative_normal(a);
  const double whole = cumulative_normal(omega_cut) - cumulative_normal(-omega_cut);
  const double mean = mass > 1e-9 ? (normal_density(a) - normal_density(b)) / mass : (a + b) / 2;
  const double drift = spot.drift_px_per_deg * sigma * mean;
  const double eta = spot.shape.eta_rad;
  return {std::max(mass, 0.) / whole, spot.row + drift * std::sin(eta), spot.col + drift * std::cos(eta)};
}

SpotTable::SpotTable(const SimulationConfig& config)
    : spots_(config.layout == SpotLayout::uniform ? uniform_spots(config) : diffraction_spots(config)),
      begin_(config.frames + 1) {
  for (const TrueSpot& spot : spots_) {
    for (std::uint64_t frame = spot.frame_begin; frame < spot.frame_end; ++frame) ++begin_[frame + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  members_.resize(begin_.back());
  std::vector<std::uint64_t> next(begin_.begin(), begin_.end() - 1);
  for (std::uint32_t i = 0; i < spots_.size(); ++i) {
    for (std::uint64_t frame = spots_[i].frame_begin; frame < spots_[i].frame_end; ++frame) {
      members_[next[frame]++] = i;
    }
  }
}

std::span<const std::uint32_t> SpotTable::on_frame(std::uint64_t index) const {
  if (index >= begin_.size() - 1) return {};
  return std::span(members_).subspan(begin_[index], begin_[index + 1] - begin_[index]);
}

TruthRow truth_row(const SimulationConfig& config, const TrueSpot& spot, std::uint64_t frame) {
  const SpotOnFrame part = part_on_frame(config, spot, frame);
  const SpotShape& shape = spot.shape;
  TruthRow row;
  row.frame = frame;
  row.spot = spot.spot;
  row.subspot = spot.subspot;
  row.grain = spot.grain;
  row.hkl = spot.hkl;
  row.row = part.row;
  row.col = part.col;
  row.intensity = spot.intensity * part.fraction;
  row.peak = SpotProfile(shape, part.row, part.col, row.intensity).peak();
  row.sigma_radial_px = shape.sigma_radial_px;
  row.sigma_azimuthal_px = shape.sigma_azimuthal_px;
  const double s = std::sin(double{shape.eta_rad});
  const double c = std::cos(double{shape.eta_rad});
  row.sigma_row_px = std::hypot(c * shape.sigma_radial_px, s * shape.sigma_azimuthal_px);
  row.sigma_col_px = std::hypot(s * shape.sigma_radial_px, c * shape.sigma_azimuthal_px);
  row.omega_deg = spot.omega_deg;
  row.two_theta_deg = spot.two_theta_rad * deg_per_rad;
  row.eta_deg = shape.eta_rad * deg_per_rad;
  return row;
}

}  // namespace braggd
