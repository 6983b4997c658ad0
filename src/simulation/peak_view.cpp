#include "simulation/peak_view.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/patches.hpp"
#include "kernels/split_components.hpp"

namespace braggd {
namespace {

std::array<WeightedCentroid, 3> centroids_of(const ComponentList& list, std::uint32_t component,
                                             PatchOrigin origin, double threshold, const NoiseModel& noise) {
  std::array<WeightedCentroid, 3> centroids;
  std::vector<CentroidSums> sums;
  std::vector<WeightedCentroid> found(list.components.size());
  for (const CentroidWeight weight :
       {CentroidWeight::intensity, CentroidWeight::above_threshold, CentroidWeight::squared}) {
    component_centroids(list, weight, threshold, noise, sums, found);
    WeightedCentroid& centroid = centroids[static_cast<std::size_t>(weight)];
    centroid = found[component];
    centroid.row -= origin.row;
    centroid.col -= origin.col;
  }
  return centroids;
}

}  // namespace

PeakView view_of_peak(const ComponentList& list, std::uint32_t component, std::uint32_t centre,
                      std::uint32_t patch_px, double threshold, const NoiseModel& noise) {
  const PatchOrigin origin = patch_origin(centre, list.shape.cols, patch_px);
  PeakView view;
  view.facts.cut = (list.components[component].flags & (touches_edge | touches_mask)) != 0;
  view.of_component = centroids_of(list, component, origin, threshold, noise);
  Shares shares;
  split_components(list, {}, shares);
  const auto& pixels = *shares.list.pixels;
  const auto ordinal = std::ranges::lower_bound(pixels.index, centre) - pixels.index.begin();
  const std::uint32_t own = shares.list.component_of[static_cast<std::size_t>(ordinal)];
  view.of_share = centroids_of(shares.list, own, origin, threshold, noise);
  const Component& share = shares.list.components[own];
  const auto size = static_cast<std::int32_t>(patch_px);
  view.facts.wide = share.row_begin < origin.row || share.col_begin < origin.col ||
                    share.row_end > origin.row + size || share.col_end > origin.col + size;
  view.facts.height = double{share.max_intensity} / threshold;
  const double middle = patch_px / 2;
  double nearest_px = middle + 0.5;
  for (std::uint32_t i = 0; i < shares.parent.size(); ++i) {
    if (i == own || shares.parent[i] != component) continue;
    view.facts.overlapped = true;
    const std::uint32_t pixel = shares.list.components[i].max_pixel;
    const PatchPlace at{static_cast<double>(pixel / list.shape.cols) - origin.row,
                        static_cast<double>(pixel % list.shape.cols) - origin.col};
    const double distance_px = std::hypot(at.row - middle, at.col - middle);
    if (distance_px >= nearest_px) continue;
    view.other_maximum = at;
    nearest_px = distance_px;
  }
  return view;
}

}  // namespace braggd
