#include "stages/locate_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "kernels/patches.hpp"
#include "kernels/spot_fit.hpp"
#include "kernels/weighted_centroid.hpp"
#include "stages/decode.hpp"

namespace braggd {

/// What is placed: the components, or the shares of those that were split.
struct LocatePeaks::Parts {
  const ComponentList& wholes;
  const ComponentList& list;
  std::span<const std::uint32_t> parent;  // empty where nothing was split
  double threshold;

  std::uint32_t parent_of(std::uint32_t part) const { return parent.empty() ? part : parent[part]; }
};

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

/// What a network is given and gives, kept between frames.
struct NetworkScratch {
  std::vector<PatchCentre> centres;
  std::vector<std::uint32_t> ordinals;  ///< of the peaks
  std::vector<float> patches;
  std::vector<PatchPosition> found;
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
  if (config_.split) split_components(*components, {config_.split_distance_px, config_.split_height}, shares);
  const Parts parts{
      *components, config_.split ? shares.list : *components,
      config_.split ? std::span<const std::uint32_t>(shares.parent) : std::span<const std::uint32_t>{},
      threshold_of(*components->pixels)};
  list.peaks.reserve(parts.list.components.size());
  for (const Component& part : parts.list.components) {
    const auto ordinal = static_cast<std::uint32_t>(list.peaks.size());
    list.peaks.push_back(at_centroid(part, parts.parent_of(ordinal), parts.list.shape.cols));
  }
  if (config_.by != LocateBy::centroid || noise_.known()) place_all(parts, list.peaks);
  return list;
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
  network_->locate(patches, static_cast<float>(parts.threshold), found);
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
