// Patches of spots whose true places are known: what estimators of a peak's place are trained and judged on.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <braggd/peak.hpp>

#include "simulation/config.hpp"
#include "simulation/noise_tables.hpp"
#include "simulation/peak_view.hpp"
#include "simulation/place_bound.hpp"
#include "simulation/random.hpp"
#include "simulation/spot_shape.hpp"

namespace braggd {

/// What is hard about a patch; the last that holds counts.
enum class PatchClass : std::uint8_t {
  clean,       ///< none of the others
  dim,         ///< the spot's highest expected pixel is below 5 thresholds
  wide,        ///< its component reaches beyond the patch
  overlapped,  ///< the pixel under the other spot's centre belongs to the same component
  edge,        ///< the detector ends at most 3 px from the spot
};

inline constexpr std::array<std::string_view, 5> patch_class_names{"clean", "dim", "wide", "overlapped",
                                                                   "edge"};

struct PatchSetConfig {
  std::uint64_t seed = 1;
  std::uint32_t patch_px = 11;  ///< odd
  std::uint32_t frame_px = 33;  ///< edge of the frame around it, odd, at least patch_px + 18
  double overlapped_share = 0.27, edge_share = 0.18;
  bool log_uniform_second = false;        ///< the second spot's height, 0.1 to 1 of the first's; else uniform
  double peak_min = 1.2, peak_max = 500;  ///< highest expected pixel in thresholds, log-uniform
  double sigma_min_px = 0.6, sigma_max_px = 2.2;
  /// Of photon counters, counts a pixel; log-uniform, but uniform from 0.
  double background_min = 0.05, background_max = 0.05;
  double lorentz_max = 0.8;
  double winged_share = 0;  ///< of the spots, whose Lorentzian falls with the square; else with the cube
  /// Spots are smeared to one side by an exponential whose length is drawn uniformly from 0 to this, each in a direction
  /// of its own; 0: they are symmetric. The place of a smeared spot is the centroid of its expected counts.
  double tail_max_px = 0;
  double tailed_share = 1;       ///< of the spots; the others are symmetric all the same
  std::uint32_t min_pixels = 3;  ///< of the component
  /// Cut about any regional maximum that a spot is next to; else about the component's highest pixel.
  bool about_any_maximum = false;
};

/// What a patch shows. Places are in px from the centre of the patch's first pixel.
struct PatchTruth {
  double row = 0, col = 0;  ///< centre of the spot that is nearest to the middle of the patch
  double other_row = std::numeric_limits<double>::quiet_NaN();  ///< of the second spot; NaN: there is none
  double other_col = std::numeric_limits<double>::quiet_NaN();
  PatchClass patch_class = PatchClass::clean;
  DetectorKind detector = DetectorKind::counting;
  float threshold = 0;
  float noise_sigma = 0;      ///< of a pixel without signal
  float signal_variance = 1;  ///< variance that a count of signal adds
  float peak = 0;             ///< highest expected pixel of the spot, counts
  std::uint32_t n_maxima = 1;
};

NoiseModel noise_of(const PatchTruth& truth);

/// Maxima that count beside the highest of their component: next to a spot that has no higher one, and all others.
struct SecondMaxima {
  std::uint32_t of_spots = 0, of_noise = 0;
};

/// Simulated patches: pseudo-Voigt spots integrated over pixels, half of them on a photon counter (threshold 3 to 5),
/// half on a flat panel (noise 5, threshold 25 to 30, a variance of 0.5 to 4 for a count of signal); alone, beside a
/// second spot 3 to 6 px away, or 0 to 3 px from an end of the detector. Patch `index` is the same whatever was made
/// before. Not thread-safe: it keeps its buffers; make one for each thread.
class PatchSet {
 public:
  explicit PatchSet(const PatchSetConfig& config);

  /// Fills `patch` (patch_px x patch_px, row-major): corrected counts of the peak's own component, 0 elsewhere, NaN off
  /// the detector. Throws ConfigError where the configuration lets no spot rise above the threshold.
  /// `view`: null, or what stages know of the peak beyond the patch.
  PatchTruth make(std::uint64_t index, std::span<float> patch, PeakView* view = nullptr);

  /// The Cramer-Rao bound of the place of the spot that the patch made last is of. Throws std::logic_error where spots are
  /// smeared.
  PlaceCovariance bound() const;

  /// What splitting (SplitRule, the noise known) makes of the component of the patch made last.
  SecondMaxima second_maxima(double significance) const;

 private:
  struct Spot {
    SpotShape shape;
    double row = 0, col = 0;
    double peak = 0;  // highest expected pixel
    double tail_px = 0, tail_rad = 0;
  };
  struct Scene {
    std::vector<Spot> spots;  // the main one first
    bool at_edge = false;
    std::size_t background = 0;  // of backgrounds_
    PatchTruth facts;
  };
  double background_mean(std::size_t which) const;
  void draw_scene(Random& random);
  Spot draw_spot(Random& random, double peak) const;
  double draw_second_peak(Random& random, double first_peak) const;
  void add_spot(const Spot& spot);
  void expose(Random& random);
  void segment();
  std::uint32_t main_component() const;
  std::uint32_t centre_pixel(std::uint32_t component, Random& random);
  std::size_t nearest_spot(std::uint32_t pixel) const;
  double distance_px(const Spot& spot, std::uint32_t pixel) const;
  bool is_beside(const Spot& spot, std::uint32_t pixel) const;
  PatchTruth truth_of(std::uint32_t component, std::uint32_t centre) const;
  PatchClass class_of(std::uint32_t component, std::uint32_t centre, const PatchTruth& truth) const;
  std::uint32_t component_at(double row, double col) const;

  PatchSetConfig config_;
  NormalTable normal_{1};
  std::vector<PoissonTable> backgrounds_;
  Scene scene_;
  std::uint32_t centre_ = 0;  // pixel of the frame that the patch is cut about
  std::vector<float> signal_, frame_;
  std::vector<std::uint8_t> counts_;
  ComponentList list_;
  std::shared_ptr<SparseFrame> pixels_;
};

}  // namespace braggd
