// What stages know of a simulated peak beyond its patch.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <braggd/peak.hpp>

#include "kernels/locate_rule.hpp"
#include "kernels/noise_model.hpp"
#include "kernels/spot_fit.hpp"
#include "kernels/weighted_centroid.hpp"

namespace braggd {

/// Places are in px from the centre of the patch's first pixel.
struct PeakView {
  /// Of the whole component and of the peak's share of it, by CentroidWeight.
  std::array<WeightedCentroid, 3> of_component, of_share;
  std::optional<PatchPlace> other_maximum;  ///< the nearest other one that counts and that the patch shows
  PeakFacts facts;
};

/// As locate_peaks sees the peak at `centre` (a pixel of the component) where it splits by the usual rule. `list` has
/// its pixels; the patch is `patch_px` wide.
PeakView view_of_peak(const ComponentList& list, std::uint32_t component, std::uint32_t centre,
                      std::uint32_t patch_px, double threshold, const NoiseModel& noise);

}  // namespace braggd
