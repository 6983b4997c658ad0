#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <braggd/error.hpp>

#include "simulation/diffraction.hpp"
#include "simulation/polycrystal.hpp"
#include "simulation/spots.hpp"

namespace braggd {
namespace {

// Divergence and bandwidth of the beam, beside the mosaic spread.
constexpr double beam_spread_rad = 1e-4;
// Nearer to the rotation axis than this a reflection grazes the Ewald sphere: it smears over many degrees, and the
// linear theory of its width fails.
constexpr double smallest_sine_of_eta = 0.02;
// Subgrains diffract within this of each other, but for the last few in a thousand.
constexpr double subgrain_margin_deg = 15;
constexpr double max_candidates = 30e6;

// Distances of the detector's nearest and farthest point from the direct beam, px.
struct Reach {
  double nearest, farthest;
};

Reach detector_reach(const SimulationConfig& config) {
  const auto along = [](double beam, double size) {
    const double low = -0.5 - beam;
    const double high = size - 0.5 - beam;
    const double nearest = low > 0 ? low : high < 0 ? -high : 0;
    return std::pair(nearest, std::max(std::abs(low), std::abs(high)));
  };
  const auto [near_row, far_row] = along(config.beam_row(), config.rows);
  const auto [near_col, far_col] = along(config.beam_col(), config.cols);
  return {std::hypot(near_row, near_col), std::hypot(far_row, far_col)};
}

class SpotMaker {
 public:
  explicit SpotMaker(const SimulationConfig& config) : config_(config) { find_reflections(); }
  void find_spots();
  double median_of_highest_pixels() const;
  void scale_intensities(double scale);
  void number_spots();
  std::vector<TrueSpot> take_spots() { return std::move(spots_); }

 private:
  void find_reflections();
  void add_reflection(std::uint32_t index, const Grain& grain, const Reflection& reflection);
  void add_passage(TrueSpot spot, const Grain& grain, const Subgrain& subgrain, const Reflection& reflection);
  bool describe_on_detector(TrueSpot& spot, const Grain& grain, const Subgrain& subgrain,
                            const Reflection& reflection) const;

  const SimulationConfig& config_;
  std::vector<Reflection> reflections_;
  std::vector<TrueSpot> spots_;
  std::uint64_t spot_frames_ = 0;
  std::uint32_t next_spot_ = 0;
};

// All whose ring, widened by the grains' strains and offsets, crosses the detector.
void SpotMaker::find_reflections() {
  const Reach reach = detector_reach(config_);
  const double wavelength = config_.wavelength_angstrom();
  const double pixel_m = config_.pixel_um * 1e-6;
  const double offset_px =
      1e-6 * std::hypot(config_.sample_radius_um, config_.sample_height_um) / pixel_m + 1;
  const double strain = 6 * config_.strain_sigma + 0.001;
  const auto g_at = [&](double radius_px) {
    return length_of_g(std::atan(std::max(radius_px, 0.) * pixel_m / config_.distance_m), wavelength);
  };
  const double longest = g_at(reach.farthest + offset_px) * (1 + strain);
  const double shortest = g_at(reach.nearest - offset_px) * (1 - strain);
  reflections_ = allowed_reflections(config_, longest);
  std::erase_if(reflections_, [&](const Reflection& r) { return length(r.g) < shortest; });
  if (reflections_.empty()) {
    throw ConfigError(
        "no reflection of a " + std::to_string(config_.lattice_parameter_angstrom) +
            " angstrom cell reaches the detector; lower distance_m, raise energy_kev, rows or cols, or "
            "move beam_row_px and beam_col_px",
        "distance_m");
  }
}

void SpotMaker::find_spots() {
  const double turns = 2 + static_cast<double>(config_.frames) * std::abs(config_.omega_step_deg) / 360;
  if (config_.grains * turns * static_cast<double>(reflections_.size()) > max_candidates) {
    throw ConfigError(std::to_string(config_.grains) + " grains of " + std::to_string(reflections_.size()) +
                          " reflections each are more than can be simulated; give fewer grains or frames",
                      "grains");
  }
  for (std::uint32_t index = 0; index < config_.grains && config_.frames > 0; ++index) {
    const Grain grain = make_grain(config_, index);
    for (const Reflection& reflection : reflections_) add_reflection(index, grain, reflection);
  }
}

// A reflection passes through the Bragg condition twice a turn; each passage within the scan is a spot, and the
// subgrains' passages nearest to the first subgrain's belong to it.
void SpotMaker::add_reflection(std::uint32_t index, const Grain& grain, const Reflection& reflection) {
  const double wavelength = config_.wavelength_angstrom();
  const double last = config_.omega_start_deg + config_.omega_step_deg * static_cast<double>(config_.frames);
  const auto [low, high] = std::minmax({config_.omega_start_deg, last});
  const double margin = subgrain_margin_deg + 3 * deg_per_rad *
                                                  std::hypot(grain.mosaic_rad, beam_spread_rad) /
                                                  smallest_sine_of_eta;
  for (std::size_t passage = 0; passage < 2; ++passage) {
    std::optional<double> first;
    std::uint32_t spots_of_passage = 0;
    for (std::uint16_t i = 0; i < grain.subgrains.size(); ++i) {
      const Subgrain& subgrain = grain.subgrains[i];
      const auto rotations = bragg_rotations_deg(subgrain.lattice * reflection.g, wavelength);
      if (!rotations) continue;
      double omega = (*rotations)[passage];
      if (first) omega = *first + std::remainder(omega - *first, 360.);
      first = first.value_or(omega);
      const double first_turn = std::ceil((low - margin - *first) / 360);
      for (double turn = first_turn; *first + 360 * turn <= high + margin; ++turn) {
        TrueSpot spot;
        spot.grain = index;
        spot.subspot = i;
        spot.hkl = reflection.hkl;
        const auto number = static_cast<std::uint32_t>(turn - first_turn);
        spot.spot = next_spot_ + number;
        spots_of_passage = std::max(spots_of_passage, number + 1);
        spot.omega_deg = omega + 360 * turn;
        add_passage(spot, grain, subgrain, reflection);
      }
    }
    next_spot_ += spots_of_passage;
  }
}

void SpotMaker::add_passage(TrueSpot spot, const Grain& grain, const Subgrain& subgrain,
                            const Reflection& reflection) {
  if (!describe_on_detector(spot, grain, subgrain, reflection) || !find_frames(config_, spot)) return;
  spot_frames_ += spot.frame_end - spot.frame_begin;
  if (spots_.size() == max_true_spots || spot_frames_ > max_spot_frames) {
    throw ConfigError("the scan has more than " + std::to_string(max_true_spots) + " spots or " +
                          std::to_string(max_spot_frames) +
                          " parts of spots on frames; give fewer grains or frames, "
                          "or a smaller mosaic_deg",
                      "grains");
  }
  spots_.push_back(spot);
}

// Widths: a mosaic spread m smears a spot by m / |sin eta| in omega and by m / cos(theta) along the ring; a spread of
// strain e smears it by 2 e tan(theta) in 2 theta.
bool SpotMaker::describe_on_detector(TrueSpot& spot, const Grain& grain, const Subgrain& subgrain,
                                     const Reflection& reflection) const {
  const auto beam =
      diffracted_beam(config_, subgrain.lattice * reflection.g, spot.omega_deg, grain.position_m);
  if (!beam || beam->rotation_broadening * smallest_sine_of_eta > 1) return false;
  const bool inside = beam->row >= -0.5 && beam->row < config_.rows - 0.5 && beam->col >= -0.5 &&
                      beam->col < config_.cols - 0.5;
  if (!inside) return false;
  const double theta = beam->two_theta_rad / 2;
  const double px_per_rad = beam->ring_radius_px;
  const double radial_px_per_rad =
      config_.distance_m / (config_.pixel_um * 1e-6) / std::pow(std::cos(beam->two_theta_rad), 2);
  const double radial_px = radial_px_per_rad * 2 * std::tan(theta) * grain.strain_spread;
  const double azimuthal_px = px_per_rad * grain.mosaic_rad / std::cos(theta);
  spot.row = beam->row;
  spot.col = beam->col;
  spot.two_theta_rad = static_cast<float>(beam->two_theta_rad);
  spot.shape.eta_rad = static_cast<float>(beam->eta_rad);
  spot.shape.sigma_radial_px = static_cast<float>(std::hypot(config_.spot_sigma_px, radial_px));
  spot.shape.sigma_azimuthal_px = static_cast<float>(std::hypot(config_.spot_sigma_px, azimuthal_px));
  spot.shape.lorentz_fraction = static_cast<float>(config_.lorentz_fraction);
  spot.sigma_omega_deg = static_cast<float>(deg_per_rad * std::hypot(grain.mosaic_rad, beam_spread_rad) *
                                            beam->rotation_broadening);
  spot.drift_px_per_deg = static_cast<float>(px_per_rad * beam->azimuthal_drift / deg_per_rad);
  spot.shape.cut = widest_cut;
  spot.intensity = grain.volume * subgrain.volume_fraction * reflection.strength * beam->lorentz_polarisation;
  return true;
}

// The frame on which a spot is brightest holds its omega, or is the one next to it.
double highest_pixel(const SimulationConfig& config, const TrueSpot& spot) {
  const double at = std::floor((spot.omega_deg - config.omega_start_deg) / config.omega_step_deg);
  double highest = 0;
  for (const double offset : {-1., 0., 1.}) {
    const double frame = std::clamp(at + offset, double(spot.frame_begin), double(spot.frame_end) - 1);
    const SpotOnFrame part = part_on_frame(config, spot, static_cast<std::uint64_t>(frame));
    const SpotProfile profile(spot.shape, part.row, part.col, spot.intensity * part.fraction);
    highest = std::max(highest, profile.peak());
  }
  return highest;
}

double SpotMaker::median_of_highest_pixels() const {
  if (spots_.empty()) return 0;
  std::vector<double> highest(spots_.size());
  std::ranges::transform(spots_, highest.begin(),
                         [&](const TrueSpot& spot) { return highest_pixel(config_, spot); });
  const auto middle = highest.begin() + static_cast<std::ptrdiff_t>(highest.size() / 2);
  std::ranges::nth_element(highest, middle);
  return *middle;
}

// Each spot is cut where it is negligible, and keeps its height.
void SpotMaker::scale_intensities(double scale) {
  for (TrueSpot& spot : spots_) {
    spot.intensity *= scale / share_within_cut(spot.shape);
    spot.shape.cut = sufficient_cut(spot.shape, spot.intensity);
    spot.intensity *= share_within_cut(spot.shape);
  }
}

// Passages that miss the detector or the scan leave no hole in the numbers.
void SpotMaker::number_spots() {
  std::ranges::sort(spots_, {}, [](const TrueSpot& s) { return std::pair(s.spot, s.subspot); });
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < spots_.size(); ++i) {
    const bool same = i + 1 < spots_.size() && spots_[i + 1].spot == spots_[i].spot;
    spots_[i].spot = number;
    if (!same) ++number;
  }
}

// The exposure is set on the sample before it is loaded, so that the steps of a series can be compared.
double median_before_load(const SimulationConfig& config) {
  SimulationConfig unloaded = config;
  unloaded.load_step = 0;
  SpotMaker maker(unloaded);
  maker.find_spots();
  return maker.median_of_highest_pixels();
}

}  // namespace

std::vector<TrueSpot> diffraction_spots(const SimulationConfig& config) {
  const double median = median_before_load(config);
  SpotMaker maker(config);
  maker.find_spots();
  maker.scale_intensities(median > 0 ? config.peak_intensity / median : 1);
  maker.number_spots();
  return maker.take_spots();
}

}  // namespace braggd
