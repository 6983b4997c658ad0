#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <braggd/stage.hpp>

#include "inference/peak_network.hpp"
#include "kernels/locate_rule.hpp"
#include "kernels/noise_model.hpp"
#include "kernels/split_components.hpp"

namespace braggd {

inline constexpr std::array<std::string_view, 6> locate_by_names{
    "centroid", "centroid_above", "centroid_squared", "fit", "network", "auto"};

struct LocatePeaksConfig {
  LocateBy by = LocateBy::centroid;
  std::filesystem::path model = {};
  std::string device = "auto";
  std::string precision = "auto";
  std::optional<bool> split = {};
  double split_distance_px = SplitRule{}.distance_px;
  double split_height = SplitRule{}.height;
  double split_significance = SplitRule{}.significance;
  std::uint32_t patch_px = 11;
  double noise_sigma = std::numeric_limits<double>::quiet_NaN();
  double signal_variance = std::numeric_limits<double>::quiet_NaN();

  bool splits() const { return split.value_or(!model.empty()); }

  static constexpr auto fields() {
    using C = LocatePeaksConfig;
    return std::tuple{
        choice_field(
            "by", &C::by,
            "what places a peak: the centroid weighted with the intensity, with the intensity above the "
            "threshold, with its square, the fit of a pseudo-Voigt, a network, or auto: for each peak what "
            "is best for its kind (models/README.md)",
            locate_by_names),
        model_field("model", &C::model,
                    "the network: a bundle's directory, or store:NAME for the active model of a name in the "
                    "model store; for network, and for auto, which does without one"),
        field("device", &C::device,
              "where the network runs: auto (a GPU where there is one), cpu, cuda or cuda:N"),
        field(
            "precision", &C::precision,
            "of the network: float32, bfloat16, or auto: bfloat16 where the bundle's table and the processor "
            "allow it"),
        field(
            "split", &C::split,
            "one peak for each maximum of a component; else one for each component; not given: true where a "
            "network places peaks"),
        field("split_distance_px", &C::split_distance_px,
              "nearer to a higher one, a maximum is noise; where split", 0, 1000)
            .unit("px"),
        field("split_height", &C::split_height,
              "lower than this part of the component's highest pixel, a maximum is noise; where split", 0, 1),
        field("split_significance", &C::split_significance,
              "a maximum that is fewer standard deviations above the lowest pixel on the way to the next "
              "higher one is noise; where split, and noise_sigma and signal_variance are given; 0: all count",
              0, 100),
        field("patch_px", &C::patch_px,
              "edge of the square that is fitted; odd (a network's model knows its own)", 5, 31)
            .unit("px"),
        field(
            "noise_sigma", &C::noise_sigma,
            "noise of a pixel without signal, 0 of a photon counter; not given: positions have no error but "
            "what a network states of all detectors in common",
            0, 1e6)
            .unit("counts"),
        field(
            "signal_variance", &C::signal_variance,
            "variance that each count of signal adds, 1 of a photon counter; given together with noise_sigma",
            0, 1e6)
            .unit("counts"),
    };
  }
};

/// Places each component, or each maximum of one. A component whose intensities do not sum to a positive number has no
/// centroid: it is flagged not_located and stands at its brightest pixel, unless a fit places it. Where an estimator has
/// no answer, the peak stays at its centroid and its source says so; where a fit or a network left its patch, it is
/// flagged outside_patch too.
class LocatePeaks {
 public:
  using Config = LocatePeaksConfig;
  using Input = ComponentList;
  using Output = PeakList;
  static constexpr StageInfo info{"locate_peaks", "Places each component to a fraction of a pixel."};

  static void check(const Config& config);
  LocatePeaks(const Config& config, const StageContext& context);
  Result<PeakList> process(const std::shared_ptr<const ComponentList>& components, PeakList list = {}) const;

 private:
  struct Parts;
  LocateBy choose(const Parts& parts, std::uint32_t part) const;
  SplitRule rule_for(double threshold) const;
  void place_all(const Parts& parts, std::span<Peak> peaks) const;
  void place_by_weight(const Parts& parts, std::span<const LocateBy> chosen, std::span<Peak> peaks) const;
  void place_by_fit(const Parts& parts, std::span<const LocateBy> chosen, std::span<Peak> peaks) const;
  void place_by_network(const Parts& parts, std::span<const LocateBy> chosen, std::span<Peak> peaks) const;

  Config config_;
  NoiseModel noise_;
  std::shared_ptr<const std::vector<std::uint8_t>> masked_;  // of the header, or null
  std::shared_ptr<const PeakNetwork> network_;               // or null
};

}  // namespace braggd
