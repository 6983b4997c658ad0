// The estimators of locate_peaks: each places the peaks that were chosen for it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "kernels/patches.hpp"
#include "kernels/spot_fit.hpp"
#include "kernels/weighted_centroid.hpp"
#include "stages/locate_peaks_parts.hpp"

namespace braggd {

namespace {

struct WeightChoice {
  LocateBy by;
  CentroidWeight weight;
  PositionSource source;
};
constexpr std::array<WeightChoice, 3> weight_choices{{
    {LocateBy::centroid, CentroidWeight::intensity, PositionSource::centroid},
    {LocateBy::centroid_above, CentroidWeight::above_threshold, PositionSource::centroid_above},
    {LocateBy::centroid_squared, CentroidWeight::squared, PositionSource::centroid_squared},
}};

std::span<const std::uint8_t> mask_view(const std::shared_ptr<const std::vector<std::uint8_t>>& mask) {
  return mask ? std::span(*mask) : std::span<const std::uint8_t>{};
}

void place(Peak& peak, PositionSource source, double row, double col, double row_error, double col_error) {
  peak.source = source;
  peak.row = row;
  peak.col = col;
  peak.row_error = static_cast<float>(row_error);
  peak.col_error = static_cast<float>(col_error);
}

PatchPlace in_patch(std::uint32_t pixel, PatchOrigin origin, std::uint32_t cols) {
  return {static_cast<double>(pixel / cols) - origin.row, static_cast<double>(pixel % cols) - origin.col};
}

/// The nearest other maximum of the same component that the patch shows.
std::optional<PatchPlace> other_maximum(const ComponentList& list, std::span<const std::uint32_t> parent,
                                        std::uint32_t part, PatchOrigin origin, std::uint32_t patch_px) {
  if (parent.empty()) return {};
  const auto [begin, end] = std::equal_range(parent.begin(), parent.end(), parent[part]);
  const double middle = patch_px / 2;
  std::optional<PatchPlace> nearest;
  double nearest_px = middle + 0.5;
  for (auto it = begin; it != end; ++it) {
    const auto other = static_cast<std::uint32_t>(it - parent.begin());
    if (other == part) continue;
    const PatchPlace at = in_patch(list.components[other].max_pixel, origin, list.shape.cols);
    const double distance = std::hypot(at.row - middle, at.col - middle);
    if (distance >= nearest_px) continue;
    nearest = at;
    nearest_px = distance;
  }
  return nearest;
}

/// Of a saturated pixel it is only known that it is high.
void blank_saturated(const SparseFrame& pixels, PatchOrigin origin, std::uint32_t patch_px,
                     std::span<float> patch) {
  for (const FlaggedPixel& flagged : pixels.flagged) {
    if ((flagged.flags & pixel_saturated) == 0) continue;
    const PatchPlace at = in_patch(pixels.index[flagged.ordinal], origin, pixels.shape.cols);
    if (at.row < 0 || at.col < 0 || at.row >= patch_px || at.col >= patch_px) continue;
    patch[static_cast<std::size_t>(at.row * patch_px + at.col)] = std::numeric_limits<float>::quiet_NaN();
  }
}

/// What a network is given and gives, kept between frames.
struct NetworkScratch {
  std::vector<PatchCentre> centres;
  std::vector<std::uint32_t> ordinals;  ///< of the peaks
  std::vector<float> patches;
  std::vector<PatchPosition> found;
};

}  // namespace

void LocatePeaks::place_by_weight(const Parts& parts, std::span<const LocateBy> chosen,
                                  std::span<Peak> peaks) const {
  // A fit or a network may have no answer: the peak then stands where its centroid does.
  const LocateBy otherwise =
      config_.by == LocateBy::automatic ? LocateBy::centroid_above : LocateBy::centroid;
  const auto weight_of = [&](LocateBy by) { return by >= LocateBy::fit ? otherwise : by; };
  thread_local std::vector<CentroidSums> sums;
  thread_local std::vector<WeightedCentroid> found;
  found.assign(peaks.size(), {});
  for (const WeightChoice& choice : weight_choices) {
    const auto takes_part = [&](LocateBy by) { return weight_of(by) == choice.by; };
    if (std::ranges::none_of(chosen, takes_part)) continue;
    component_centroids(parts.list, choice.weight, parts.threshold, noise_, sums, found);
    for (std::size_t i = 0; i < peaks.size(); ++i) {
      if (!takes_part(chosen[i]) || std::isnan(found[i].row)) continue;
      place(peaks[i], choice.source, found[i].row, found[i].col, found[i].row_error, found[i].col_error);
      peaks[i].flags &= ~std::uint32_t{not_located};
    }
  }
}

void LocatePeaks::place_by_fit(const Parts& parts, std::span<const LocateBy> chosen,
                               std::span<Peak> peaks) const {
  const std::uint32_t patch_px = config_.patch_px;
  const std::uint32_t cols = parts.list.shape.cols;
  const auto masked = mask_view(masked_);
  thread_local std::vector<float> patch;
  patch.resize(std::size_t{patch_px} * patch_px);
  for (std::uint32_t i = 0; i < peaks.size(); ++i) {
    if (chosen[i] != LocateBy::fit) continue;
    const Component& part = parts.list.components[i];
    const PatchCentre centre{parts.parent_of(i), part.max_pixel};
    const PatchOrigin origin = patch_origin(part.max_pixel, cols, patch_px);
    cut_patches(parts.wholes, {&centre, 1}, patch_px, masked, patch);
    if ((part.flags & saturated) != 0) blank_saturated(*parts.list.pixels, origin, patch_px, patch);
    const SpotFit fit =
        fit_spot(patch, patch_px, parts.threshold, noise_, in_patch(part.max_pixel, origin, cols),
                 other_maximum(parts.list, parts.parent, i, origin, patch_px));
    if (fit.outcome == FitOutcome::left_patch) peaks[i].flags |= outside_patch;
    if (fit.outcome != FitOutcome::converged) continue;
    place(peaks[i], PositionSource::fit, origin.row + fit.place.row, origin.col + fit.place.col,
          fit.row_error, fit.col_error);
    peaks[i].flags &= ~std::uint32_t{not_located};
  }
}

void LocatePeaks::place_by_network(const Parts& parts, std::span<const LocateBy> chosen,
                                   std::span<Peak> peaks) const {
  const auto patch_px = static_cast<std::uint32_t>(network_->patch_size());
  const std::uint32_t cols = parts.list.shape.cols;
  thread_local NetworkScratch scratch;
  auto& [centres, ordinals, patches, found] = scratch;
  centres.clear();
  ordinals.clear();
  for (std::uint32_t i = 0; i < peaks.size(); ++i) {
    if (chosen[i] != LocateBy::network) continue;
    centres.push_back({parts.parent_of(i), parts.list.components[i].max_pixel});
    ordinals.push_back(i);
  }
  const std::size_t patch_pixels = std::size_t{patch_px} * patch_px;
  patches.resize(centres.size() * patch_pixels);
  cut_patches(parts.wholes, centres, patch_px, mask_view(masked_), patches);
  found.assign(centres.size(), {});
  network_->locate(patches, static_cast<float>(parts.threshold), noise_, found);
  const float last = static_cast<float>(patch_px) - 0.5F;
  for (std::size_t k = 0; k < found.size(); ++k) {
    Peak& peak = peaks[ordinals[k]];
    const PatchPosition& at = found[k];
    if (!(at.row >= -0.5F && at.row < last && at.col >= -0.5F && at.col < last)) {  // NaN too
      peak.flags |= outside_patch;
      continue;
    }
    const PatchOrigin origin = patch_origin(centres[k].pixel, cols, patch_px);
    place(peak, PositionSource::network, origin.row + double{at.row}, origin.col + double{at.col},
          at.row_error, at.col_error);
    peak.flags &= ~std::uint32_t{not_located};
  }
}

}  // namespace braggd
