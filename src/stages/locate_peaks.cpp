#include "stages/locate_peaks.hpp"

#include <algorithm>
#include <cmath>

namespace braggd {

namespace {

Peak locate(const Component& c, std::uint32_t ordinal, std::uint32_t cols) {
  Peak peak;
  peak.component = ordinal;
  peak.n_pixels = c.n_pixels;
  peak.sum_intensity = c.sum;
  peak.max_intensity = c.max_intensity;
  peak.row_begin = c.row_begin;
  peak.row_end = c.row_end;
  peak.col_begin = c.col_begin;
  peak.col_end = c.col_end;
  peak.flags = c.flags;
  if (c.sum > 0) {
    const double row = c.sum_row / c.sum;
    const double col = c.sum_col / c.sum;
    peak.centroid_row = c.row_begin + row;
    peak.centroid_col = c.col_begin + col;
    peak.sigma_row = static_cast<float>(std::sqrt(std::max(0.0, c.sum_row_row / c.sum - row * row)));
    peak.sigma_col = static_cast<float>(std::sqrt(std::max(0.0, c.sum_col_col / c.sum - col * col)));
  } else {
    peak.centroid_row = c.max_pixel / cols;
    peak.centroid_col = c.max_pixel % cols;
    peak.flags |= not_located;
  }
  peak.row = peak.centroid_row;
  peak.col = peak.centroid_col;
  return peak;
}

}  // namespace

LocatePeaks::LocatePeaks(const Config& /*config*/, const StageContext& /*context*/) {}

Result<PeakList> LocatePeaks::process(const std::shared_ptr<const ComponentList>& components,
                                      PeakList list) const {
  list.meta = components->meta;
  list.status = components->status;
  list.components = components;
  list.peaks.reserve(components->components.size());
  for (const Component& component : components->components) {
    list.peaks.push_back(
        locate(component, static_cast<std::uint32_t>(list.peaks.size()), components->shape.cols));
  }
  return list;
}

}  // namespace braggd
