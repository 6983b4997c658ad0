// Components and peaks: what is left of a frame.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <braggd/anomaly.hpp>
#include <braggd/frame.hpp>

namespace braggd {

/// Bits of `peaks/flags` in the result file.
enum PeakFlag : std::uint32_t {
  touches_edge = 1,    ///< a pixel lies in the first or last row or column
  touches_mask = 2,    ///< a pixel has a neighbour without a value
  saturated = 4,       ///< a pixel reached the detector's saturation value
  several_maxima = 8,  ///< more than one regional maximum
  too_big = 16,
  too_small = 32,
  outside_patch = 64,  ///< the estimator's answer left its patch
  not_located = 128,   ///< no position could be given
};

inline constexpr std::array<std::pair<std::uint32_t, std::string_view>, 8> peak_flag_names{{
    {touches_edge, "touches_edge"},
    {touches_mask, "touches_mask"},
    {saturated, "saturated"},
    {several_maxima, "several_maxima"},
    {too_big, "too_big"},
    {too_small, "too_small"},
    {outside_patch, "outside_patch"},
    {not_located, "not_located"},
}};

/// A set of 8-connected pixels at or above threshold. Rows and columns in its sums are relative to (row_begin,
/// col_begin). In double precision, in this order: along a run (consecutive pixels of one row) pixel k is added to
/// partial sum k mod 8, of the eight halves are added until one is left, runs are added in raster order; what is
/// summed over rows is a run's intensity x offset, x offset again.
struct Component {
  std::uint32_t first_pixel = 0;  ///< index of its first pixel in raster order
  std::uint32_t n_pixels = 0;
  std::uint16_t row_begin = 0, row_end = 0;  ///< bounding box, end exclusive
  std::uint16_t col_begin = 0, col_end = 0;
  double sum = 0;                           ///< of intensities
  double sum_row = 0, sum_col = 0;          ///< intensity x offset
  double sum_row_row = 0, sum_col_col = 0;  ///< intensity x offset squared
  float max_intensity = 0;
  std::uint32_t max_pixel = 0;  ///< index of the first pixel that has the maximum
  std::uint32_t n_maxima = 0;   ///< regional maxima: plateaus without a higher 8-neighbour
  std::uint32_t flags = 0;      ///< PeakFlag
};

inline constexpr std::uint32_t no_component = std::numeric_limits<std::uint32_t>::max();

/// The components of a frame, sorted by row_begin, col_begin, first pixel, and the pixels that they are made of.
struct ComponentList {
  FrameMeta meta;
  Shape shape;
  std::uint8_t status = 0;
  std::vector<Component> components;
  std::uint32_t n_too_small = 0;
  std::uint32_t n_too_big = 0;
  std::shared_ptr<const SparseFrame> pixels;
  std::vector<std::uint32_t> component_of;  ///< for each pixel its place in `components`, or no_component
  /// Places in `pixels`, ascending: the first pixel of each regional maximum of the components, as many as they count.
  std::vector<std::uint32_t> maxima;
};

/// What a peak's position comes from: the centroid weighted with the intensity, with the intensity above the threshold or
/// with its square, a network, or the fit of a profile.
enum class PositionSource : std::uint8_t {
  centroid = 0,
  network = 1,
  fit = 2,
  centroid_above = 3,
  centroid_squared = 4,
};

inline constexpr std::array<std::string_view, 5> position_source_names{"centroid", "network", "fit",
                                                                       "centroid_above", "centroid_squared"};

/// A located component, or the share of one that was split. Rows before columns, pixel centres at integers.
struct Peak {
  std::uint32_t component = 0;  ///< which component of the frame
  PositionSource source = PositionSource::centroid;
  double row = 0, col = 0;                    ///< the best estimate
  double centroid_row = 0, centroid_col = 0;  ///< weighted with the intensity of all its pixels
  float row_error = std::numeric_limits<float>::quiet_NaN();  ///< one sigma, px
  float col_error = std::numeric_limits<float>::quiet_NaN();
  std::uint32_t n_pixels = 0;
  double sum_intensity = 0, max_intensity = 0;
  std::uint16_t row_begin = 0, row_end = 0, col_begin = 0, col_end = 0;
  float sigma_row = 0, sigma_col = 0;  ///< square roots of the second central moments, px
  std::uint32_t flags = 0;             ///< PeakFlag
  float anomaly_confidence =
      std::numeric_limits<float>::quiet_NaN();  ///< of belonging to a cluster; NaN: not scored
  std::uint16_t cluster = no_cluster;
};

/// The peaks of a frame in the order of its components, those of one in raster order of their maxima.
struct PeakList {
  FrameMeta meta;
  std::uint8_t status = 0;
  std::vector<Peak> peaks;
  std::shared_ptr<const ComponentList> components;
  std::shared_ptr<const FrameAnomaly> anomaly{};  ///< null: not scored
};

}  // namespace braggd
