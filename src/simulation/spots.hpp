// What is true of a simulated scan: every spot, and what of it falls on every frame.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "simulation/config.hpp"
#include "simulation/crystal.hpp"
#include "simulation/spot_shape.hpp"

namespace braggd {

/// A reflection of one subgrain in one passage through the Bragg condition. The subgrains of a broken grain give
/// subspots with the same `spot` number.
struct TrueSpot {
  std::uint32_t spot = 0;
  std::uint32_t grain = 0;
  std::uint16_t subspot = 0;
  MillerIndices hkl;  ///< 0 0 0 where the layout is uniform
  std::uint32_t frame_begin = 0, frame_end = 0;
  double omega_deg = 0;       ///< where it is brightest
  float sigma_omega_deg = 0;  ///< 0: it lives on one frame
  float two_theta_rad = 0;
  double row = 0, col = 0;     ///< its place at omega_deg; pixel centres at integers
  float drift_px_per_deg = 0;  ///< how it moves along the ring as the sample turns
  SpotShape shape;
  double intensity = 0;  ///< expected counts over all rotations, before the detector's edges and gaps
};

/// What falls on one frame of one subspot.
struct TruthRow {
  std::uint64_t frame = 0;
  std::uint32_t spot = 0;
  std::uint16_t subspot = 0;
  std::uint32_t grain = 0;
  MillerIndices hkl;
  double row = 0, col = 0;  ///< pixel centres at integers
  double intensity = 0;     ///< expected counts on this frame, before the detector's edges and gaps
  double peak = 0;          ///< expected counts of its highest pixel, were it alone
  double sigma_radial_px = 0,
         sigma_azimuthal_px = 0;              ///< of the Gaussian of the same full width at half maximum
  double sigma_row_px = 0, sigma_col_px = 0;  ///< the same ellipse's extent along rows and columns
  double omega_deg = 0;                       ///< where the whole subspot is brightest
  double two_theta_deg = 0, eta_deg = 0;
};

/// The most subspots that a simulation holds, and the most frames that all of them together are on.
inline constexpr std::size_t max_true_spots = 4'000'000;
inline constexpr std::uint64_t max_spot_frames = 32'000'000;

/// How a spot is cut by the frames of a scan.
struct SpotOnFrame {
  double fraction = 0;  ///< of the spot's intensity
  double row = 0, col = 0;
};
SpotOnFrame part_on_frame(const SimulationConfig& config, const TrueSpot& spot, std::uint64_t frame);

/// The frames on which the spot is within 3 sigma of its omega, as frame_begin and frame_end of `spot`; false where
/// none is.
bool find_frames(const SimulationConfig& config, TrueSpot& spot);

/// The spots of a polycrystal. Throws ConfigError where no reflection can reach the detector, or where they are more
/// than max_true_spots or max_spot_frames.
std::vector<TrueSpot> diffraction_spots(const SimulationConfig& config);

/// `spots_per_frame` spots on each frame at random places: peaks log-uniform between peak_min and peak_max, widths
/// uniform between sigma_min_px and sigma_max_px, ratios of widths uniform between 0.7 and 1.4, any direction.
std::vector<TrueSpot> uniform_spots(const SimulationConfig& config);

/// The spots of a scan with an index by frame.
class SpotTable {
 public:
  /// Spots as the layout wants them.
  explicit SpotTable(const SimulationConfig& config);
  const std::vector<TrueSpot>& spots() const { return spots_; }
  /// The places in spots() of those that are on frame `index`, ascending.
  std::span<const std::uint32_t> on_frame(std::uint64_t index) const;

 private:
  std::vector<TrueSpot> spots_;
  std::vector<std::uint64_t> begin_;  // frame -> its first place in members_
  std::vector<std::uint32_t> members_;
};

TruthRow truth_row(const SimulationConfig& config, const TrueSpot& spot, std::uint64_t frame);

}  // namespace braggd
