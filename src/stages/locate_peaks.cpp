#include "stages/locate_peaks.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/patches.hpp"
#include "stages/decode.hpp"
#include "stages/locate_peaks_parts.hpp"

namespace braggd {

namespace {

Peak at_centroid(const Component& c, std::uint32_t component, std::uint32_t cols) {
  Peak peak;
  peak.component = component;
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

/// The threshold of the frame's pixels, or the lowest of them where it is not known.
double threshold_of(const SparseFrame& pixels) {
  if (!std::isnan(pixels.at_least)) return double{pixels.at_least};
  return pixels.value.empty() ? 0 : double{*std::ranges::min_element(pixels.value)};
}

/// Scratch that outlives a frame must not keep its pixels.
class LetGo {
 public:
  explicit LetGo(std::shared_ptr<const SparseFrame>& pixels) : pixels_(pixels) {}
  ~LetGo() { pixels_.reset(); }
  LetGo(const LetGo&) = delete;
  LetGo& operator=(const LetGo&) = delete;

 private:
  std::shared_ptr<const SparseFrame>& pixels_;
};

void check_config(const LocatePeaksConfig& config) {
  if (config.patch_px % 2 == 0) {
    throw ConfigError(
        "a patch has a pixel in its middle: patch_px must be odd, not " + std::to_string(config.patch_px),
        "patch_px");
  }
  if (std::isnan(config.noise_sigma) != std::isnan(config.signal_variance)) {
    throw ConfigError(
        "the noise of a pixel is known from noise_sigma and signal_variance together: give both or neither",
        std::isnan(config.noise_sigma) ? "signal_variance" : "noise_sigma");
  }
  if (config.by == LocateBy::network && config.model.empty()) {
    throw ConfigError(
        "a network is read from its bundle, and none is given: set model, for example to "
        "models/braggnn-fast",
        "model");
  }
  if (!config.model.empty() && config.by != LocateBy::network && config.by != LocateBy::automatic) {
    throw ConfigError("the model is not used: set `by: network` or `by: auto`, or leave it out", "by");
  }
}

PeakNetwork load_network(const LocatePeaksConfig& config) {
  try {
    return PeakNetwork::load(config.model, {config.device, config.precision});
  } catch (const ConfigError& error) {
    throw ConfigError(error.what(), error.key().empty() ? "model" : error.key());
  }
}

}  // namespace

void LocatePeaks::check(const Config& config) {
  check_config(config);
  if (!config.model.empty()) load_network(config);
}

LocatePeaks::LocatePeaks(const Config& config, const StageContext& context)
    : config_(config), noise_{config.noise_sigma, config.signal_variance} {
  check_config(config);
  const bool cuts_patches = config.by >= LocateBy::fit;
  if (context.header && cuts_patches) masked_ = header_mask(*context.header);
  if (config.model.empty()) return;
  const std::string key = "model " + config.model.string() + " " + config.device + " " + config.precision;
  network_ = context.resources.get<PeakNetwork>(key, [&] { return load_network(config); });
}

Result<PeakList> LocatePeaks::process(const std::shared_ptr<const ComponentList>& components,
                                      PeakList list) const {
  list.meta = components->meta;
  list.status = components->status;
  list.components = components;
  thread_local Shares shares;
  const LetGo afterwards(shares.list.pixels);
  const double threshold = threshold_of(*components->pixels);
  const bool split = config_.splits();
  if (split) split_components(*components, rule_for(threshold), shares);
  const Parts parts{*components, split ? shares.list : *components,
                    split ? std::span<const std::uint32_t>(shares.parent) : std::span<const std::uint32_t>{},
                    threshold};
  list.peaks.reserve(parts.list.components.size());
  for (const Component& part : parts.list.components) {
    const auto ordinal = static_cast<std::uint32_t>(list.peaks.size());
    list.peaks.push_back(at_centroid(part, parts.parent_of(ordinal), parts.list.shape.cols));
  }
  if (config_.by != LocateBy::centroid || noise_.known()) place_all(parts, list.peaks);
  return list;
}

SplitRule LocatePeaks::rule_for(double threshold) const {
  return {config_.split_distance_px, config_.split_height, config_.split_significance, noise_, threshold};
}

void LocatePeaks::place_all(const Parts& parts, std::span<Peak> peaks) const {
  thread_local std::vector<LocateBy> chosen;
  chosen.resize(peaks.size());
  for (std::uint32_t i = 0; i < chosen.size(); ++i) chosen[i] = choose(parts, i);
  place_by_weight(parts, chosen, peaks);
  place_by_fit(parts, chosen, peaks);
  if (network_) place_by_network(parts, chosen, peaks);
}

LocateBy LocatePeaks::choose(const Parts& parts, std::uint32_t part) const {
  if (config_.by != LocateBy::automatic) return config_.by;
  const Component& c = parts.list.components[part];
  const PatchOrigin origin = patch_origin(c.max_pixel, parts.list.shape.cols, config_.patch_px);
  const auto size = static_cast<std::int32_t>(config_.patch_px);
  PeakFacts peak;
  peak.saturated = (c.flags & saturated) != 0;
  peak.cut = (c.flags & (touches_edge | touches_mask)) != 0;
  peak.overlapped = c.n_pixels != parts.wholes.components[parts.parent_of(part)].n_pixels;
  peak.wide = c.row_begin < origin.row || c.col_begin < origin.col || c.row_end > origin.row + size ||
              c.col_end > origin.col + size;
  peak.height = double{c.max_intensity} / parts.threshold;
  return best_estimator(peak, network_ != nullptr);
}

}  // namespace braggd
