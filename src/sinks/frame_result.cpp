#include "sinks/frame_result.hpp"

#include <cmath>
#include <cstring>
#include <type_traits>

namespace braggd {

namespace {

std::uint8_t status_of(DropReason reason) {
  switch (reason) {
    case DropReason::none:
      return 0;
    case DropReason::missing:
      return frame_missing;
    case DropReason::back_pressure:
    case DropReason::too_large:
      return frame_dropped_by_back_pressure;
    case DropReason::decode_error:
    case DropReason::wrong_shape:
      return frame_decode_error;
    case DropReason::too_many_pixels:
    case DropReason::stage_error:
    case DropReason::output_error:
    case DropReason::aborted:
      return frame_stage_skipped;
  }
  return frame_stage_skipped;
}

PeakRow make_peak_row(const Peak& peak, const FrameMeta& meta, double omega_deg) {
  PeakRow row;
  row.frame = static_cast<std::uint32_t>(meta.index);
  row.omega_deg = omega_deg;
  row.component = peak.component;
  row.row = peak.row;
  row.col = peak.col;
  row.centroid_row = peak.centroid_row;
  row.centroid_col = peak.centroid_col;
  row.row_error = peak.row_error;
  row.col_error = peak.col_error;
  row.position_source = static_cast<std::uint8_t>(peak.source);
  row.n_pixels = peak.n_pixels;
  row.sum_intensity = peak.sum_intensity;
  row.max_intensity = peak.max_intensity;
  row.row_begin = peak.row_begin;
  row.row_end = peak.row_end;
  row.col_begin = peak.col_begin;
  row.col_end = peak.col_end;
  row.sigma_row = peak.sigma_row;
  row.sigma_col = peak.sigma_col;
  row.flags = peak.flags;
  row.anomaly_confidence = peak.anomaly_confidence;
  row.cluster = peak.cluster;
  return row;
}

// For each component the first peak that was made of it, or no_component. Valid until the next call.
std::span<const std::uint32_t> peak_of_component(const PeakList& list) {
  thread_local std::vector<std::uint32_t> peak_of;
  peak_of.assign(list.components->components.size(), no_component);
  for (std::uint32_t i = 0; i < list.peaks.size(); ++i) {
    const std::uint32_t component = list.peaks[i].component;
    if (component < peak_of.size() && peak_of[component] == no_component) peak_of[component] = i;
  }
  return peak_of;
}

void take_pixels(const PeakList& list, KeepPixels keep, std::vector<PixelRow>& rows) {
  if (!list.components || !list.components->pixels) {
    throw OutputError(
        "keep_pixels needs the pixels of each frame, and these peaks come without them: set it to none");
  }
  const SparseFrame& pixels = *list.components->pixels;
  const auto& component_of = list.components->component_of;
  const auto peak_of = peak_of_component(list);
  for (std::size_t i = 0; i < pixels.index.size(); ++i) {
    const std::uint32_t component = i < component_of.size() ? component_of[i] : no_component;
    const std::uint32_t peak = component < peak_of.size() ? peak_of[component] : no_component;
    if (keep == KeepPixels::peaks && peak == no_component) continue;
    rows.push_back({static_cast<std::uint16_t>(pixels.index[i] / pixels.shape.cols),
                    static_cast<std::uint16_t>(pixels.index[i] % pixels.shape.cols), pixels.value[i], peak});
  }
}

void clear(FrameResult& result) {
  result.frame = {};
  result.peaks.clear();
  result.pixels.clear();
  result.scored = false;
  result.anomaly.clusters.clear();
}

// What stands before a packed frame's rows.
struct PackedSizes {
  std::size_t peaks = 0, pixels = 0, clusters = 0;
  std::uint64_t too_big_pixels = 0;
  std::uint32_t n_low = 0, n_too_big = 0;
  bool scored = false;
};
static_assert(std::is_trivially_copyable_v<FrameRow> && std::is_trivially_copyable_v<PeakRow> &&
              std::is_trivially_copyable_v<PixelRow>);

}  // namespace

void take_result(const Envelope& envelope, const ScanHeader& header, KeepPixels keep, FrameResult& out) {
  clear(out);
  const FrameMeta& meta = envelope.meta;
  FrameRow& frame = out.frame;
  frame.frame_number = meta.frame_number;
  frame.omega_deg = std::isnan(meta.omega_deg) ? header.omega_of(meta.index) : meta.omega_deg;
  frame.status = status_of(envelope.dropped);
  frame.received_ns = meta.received_ns;
  frame.wire_bytes = meta.wire_bytes;
  if (envelope.dropped != DropReason::none) return;

  const PeakList& list = *envelope.get<PeakList>();
  frame.status |= list.status;
  frame.n_peaks = static_cast<std::uint32_t>(list.peaks.size());
  out.peaks.reserve(list.peaks.size());
  for (const Peak& peak : list.peaks) out.peaks.push_back(make_peak_row(peak, meta, frame.omega_deg));
  if (list.components) {
    frame.n_too_small = list.components->n_too_small;
    frame.n_too_big = list.components->n_too_big;
    if (list.components->pixels) {
      frame.n_pixels = static_cast<std::uint32_t>(list.components->pixels->index.size());
    }
  }
  if (keep != KeepPixels::none) take_pixels(list, keep, out.pixels);
  out.scored = list.anomaly != nullptr;
  if (out.scored) {
    out.anomaly = *list.anomaly;
    out.anomaly.baseline.reset();
  }
}

void take_missing(std::uint64_t index, const ScanHeader& header, FrameResult& out) {
  clear(out);
  out.frame.frame_number = index;
  out.frame.omega_deg = header.omega_of(index);
  out.frame.status = frame_missing;
}

void pack(const FrameResult& result, std::vector<std::byte>& bytes) {
  const FrameAnomaly& anomaly = result.anomaly;
  const PackedSizes sizes{result.peaks.size(),    result.pixels.size(), anomaly.clusters.size(),
                          anomaly.too_big_pixels, anomaly.n_low,        anomaly.n_too_big,
                          result.scored};
  bytes.resize(sizeof(sizes) + sizeof(FrameRow) + sizes.peaks * sizeof(PeakRow) +
               sizes.pixels * sizeof(PixelRow) + sizes.clusters * sizeof(std::uint16_t));
  std::byte* out = bytes.data();
  const auto put = [&](const void* from, std::size_t size) {
    if (size > 0) std::memcpy(out, from, size);
    out += size;
  };
  put(&sizes, sizeof(sizes));
  put(&result.frame, sizeof(FrameRow));
  put(result.peaks.data(), sizes.peaks * sizeof(PeakRow));
  put(result.pixels.data(), sizes.pixels * sizeof(PixelRow));
  put(anomaly.clusters.data(), sizes.clusters * sizeof(std::uint16_t));
}

void unpack(std::span<const std::byte> bytes, FrameResult& result) {
  const std::byte* in = bytes.data();
  const auto get = [&](void* to, std::size_t size) {
    if (size > 0) std::memcpy(to, in, size);
    in += size;
  };
  PackedSizes sizes;
  get(&sizes, sizeof(sizes));
  get(&result.frame, sizeof(FrameRow));
  result.peaks.resize(sizes.peaks);
  result.pixels.resize(sizes.pixels);
  get(result.peaks.data(), sizes.peaks * sizeof(PeakRow));
  get(result.pixels.data(), sizes.pixels * sizeof(PixelRow));
  result.scored = sizes.scored;
  FrameAnomaly& anomaly = result.anomaly;
  anomaly.clusters.resize(sizes.clusters);
  get(anomaly.clusters.data(), sizes.clusters * sizeof(std::uint16_t));
  anomaly.n_low = sizes.n_low;
  anomaly.n_too_big = sizes.n_too_big;
  anomaly.too_big_pixels = sizes.too_big_pixels;
}

}  // namespace braggd
