#include "simulation/patch_set.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

#include <braggd/error.hpp>

#include "kernels/components.hpp"
#include "kernels/patches.hpp"
#include "kernels/split_components.hpp"
#include "simulation/smeared_spot.hpp"

namespace braggd {
namespace {

constexpr std::size_t n_backgrounds = 16;  // where they differ
constexpr double panel_noise_sigma = 5;
constexpr double other_nearest_px = 3, other_farthest_px = 6;
constexpr double edge_farthest_px = 3;

void check(const PatchSetConfig& config) {
  const auto refuse = [](const char* key, const std::string& text) { throw ConfigError(text, key); };
  if (config.patch_px % 2 == 0 || config.patch_px < 3 || config.patch_px > 63)
    refuse("patch_px", "patch_px must be odd, 3 to 63");
  if (config.frame_px % 2 == 0 || config.frame_px < config.patch_px + 18 || config.frame_px > 255)
    refuse("frame_px", "frame_px must be odd, at least patch_px + 18 and at most 255");
  if (!(config.overlapped_share >= 0 && config.edge_share >= 0 &&
        config.overlapped_share + config.edge_share <= 1))
    refuse("overlapped_share", "overlapped_share and edge_share are shares of 1");
  if (!(config.peak_min > 0 && config.peak_max >= config.peak_min && config.peak_max <= 1e4))
    refuse("peak_min", "peak_min and peak_max are ascending, in thresholds, up to 1e4");
  if (!(config.sigma_min_px >= 0.3 && config.sigma_max_px >= config.sigma_min_px && config.sigma_max_px <= 5))
    refuse("sigma_min_px", "sigma_min_px and sigma_max_px are ascending, 0.3 to 5");
  if (!(config.lorentz_max >= 0 && config.lorentz_max <= 1)) refuse("lorentz_max", "lorentz_max is 0 to 1");
  if (!(config.winged_share >= 0 && config.winged_share <= 1))
    refuse("winged_share", "winged_share is 0 to 1");
  if (!(config.tailed_share >= 0 && config.tailed_share <= 1))
    refuse("tailed_share", "tailed_share is 0 to 1");
  if (!(config.tail_max_px >= 0 && config.tail_max_px <= 3)) refuse("tail_max_px", "tail_max_px is 0 to 3");
  if (!(config.background_min >= 0 && config.background_max >= config.background_min &&
        config.background_max <= 2))
    refuse("background_min", "background_min and background_max are ascending, in counts a pixel, up to 2");
  if (config.min_pixels < 1 || config.min_pixels > 20) refuse("min_pixels", "min_pixels is 1 to 20");
}

/// Whether a spot is one of a share; nothing is drawn where all are or none.
bool is_drawn(Random& random, double share) {
  return share >= 1 || (share > 0 && random.uniform() < share);
}

}  // namespace

PatchSet::PatchSet(const PatchSetConfig& config) : config_(config), pixels_(std::make_shared<SparseFrame>()) {
  check(config);
  for (std::size_t i = 0; i == 0 || (i < n_backgrounds && config.background_min < config.background_max); ++i)
    backgrounds_.emplace_back(background_mean(i));
  const std::size_t area = std::size_t{config.frame_px} * config.frame_px;
  signal_.resize(area);
  frame_.resize(area);
  counts_.resize(area);
  list_.shape = pixels_->shape = {config.frame_px, config.frame_px};
  list_.pixels = pixels_;
}

double PatchSet::background_mean(std::size_t which) const {
  const double part = static_cast<double>(which) / (n_backgrounds - 1);
  if (config_.background_min > 0)
    return config_.background_min * std::pow(config_.background_max / config_.background_min, part);
  return config_.background_max * part;
}

PatchSet::Spot PatchSet::draw_spot(Random& random, double peak) const {
  Spot spot;
  const double sigma = random.uniform(config_.sigma_min_px, config_.sigma_max_px);
  spot.shape.sigma_radial_px = static_cast<float>(sigma);
  spot.shape.sigma_azimuthal_px = static_cast<float>(sigma * random.uniform(0.7, 1.4));
  spot.shape.eta_rad = static_cast<float>(random.uniform(-std::numbers::pi, std::numbers::pi));
  spot.shape.lorentz_fraction = static_cast<float>(random.uniform(0, config_.lorentz_max));
  spot.shape.cut = widest_cut;
  spot.peak = peak;
  if (config_.tail_max_px > 0 && is_drawn(random, config_.tailed_share)) {
    spot.tail_px = random.uniform(0, config_.tail_max_px);
    spot.tail_rad = random.uniform(-std::numbers::pi, std::numbers::pi);
  }
  if (is_drawn(random, config_.winged_share)) spot.shape.wings = LorentzWings::square;
  return spot;
}

double PatchSet::draw_second_peak(Random& random, double first_peak) const {
  constexpr double lowest = 0.1;
  const double share =
      config_.log_uniform_second ? std::pow(lowest, random.uniform()) : random.uniform(lowest, 1);
  return first_peak * share;
}

NoiseModel noise_of(const PatchTruth& truth) {
  return {double{truth.noise_sigma}, double{truth.signal_variance}};
}

void PatchSet::draw_scene(Random& random) {
  scene_ = {};
  PatchTruth& facts = scene_.facts;
  facts.detector = random.uniform() < 0.5 ? DetectorKind::counting : DetectorKind::panel;
  if (facts.detector == DetectorKind::counting) {
    facts.threshold = static_cast<float>(3 + random.below(3));
    if (backgrounds_.size() > 1) scene_.background = random.below(n_backgrounds);
    facts.noise_sigma = static_cast<float>(std::sqrt(background_mean(scene_.background)));
  } else {
    facts.threshold = static_cast<float>(random.uniform(25, 30));
    facts.noise_sigma = static_cast<float>(panel_noise_sigma);
    facts.signal_variance = static_cast<float>(random.uniform(0.5, 4));
  }
  const double ratio = std::pow(config_.peak_max / config_.peak_min, random.uniform());
  Spot main = draw_spot(random, double{facts.threshold} * config_.peak_min * ratio);
  const double middle = config_.frame_px / 2;
  main.row = middle + random.uniform(-0.5, 0.5);
  main.col = middle + random.uniform(-0.5, 0.5);
  const double situation = random.uniform();
  scene_.at_edge = situation < config_.edge_share;
  if (scene_.at_edge) {
    const std::uint64_t side = random.below(4);
    const double depth = random.uniform(-0.5, edge_farthest_px + 0.5);
    double& across = side % 2 == 0 ? main.row : main.col;
    across = side < 2 ? depth : config_.frame_px - 1 - depth;
  }
  scene_.spots.push_back(main);
  if (!scene_.at_edge && situation < config_.edge_share + config_.overlapped_share) {
    Spot other = draw_spot(random, draw_second_peak(random, main.peak));
    const double distance = random.uniform(other_nearest_px, other_farthest_px);
    const double direction = random.uniform(-std::numbers::pi, std::numbers::pi);
    other.row = main.row + distance * std::sin(direction);
    other.col = main.col + distance * std::cos(direction);
    scene_.spots.push_back(other);
  }
}

void PatchSet::add_spot(const Spot& spot) {
  Band band{0, config_.frame_px, config_.frame_px, signal_, {}};
  const std::vector<PatchPlace> places = places_of_parts(spot.row, spot.col, spot.tail_px, spot.tail_rad);
  SpotShape shape = spot.shape;
  const double intensity = spot.peak / highest_pixel(shape, places);
  shape.cut = sufficient_cut(shape, intensity);
  const double of_part = intensity * share_within_cut(shape) / static_cast<double>(places.size());
  for (const PatchPlace& at : places) SpotProfile(shape, at.row, at.col, of_part).add_to(band);
}

void PatchSet::expose(Random& random) {
  std::ranges::fill(signal_, 0.F);
  for (const Spot& spot : scene_.spots) add_spot(spot);
  if (scene_.facts.detector == DetectorKind::counting) {
    backgrounds_[scene_.background].fill(random, std::span(counts_));
    for (std::size_t i = 0; i < frame_.size(); ++i) {
      const double counts = signal_[i] > 0 ? random.poisson(double{signal_[i]}) : 0;
      frame_[i] = static_cast<float>(counts + counts_[i]);
    }
  } else {
    normal_.fill(random, frame_);
    const float dark_variance = scene_.facts.noise_sigma * scene_.facts.noise_sigma;
    for (std::size_t i = 0; i < frame_.size(); ++i) {
      const float sigma = std::sqrt(dark_variance + scene_.facts.signal_variance * signal_[i]);
      frame_[i] = std::nearbyint(signal_[i] + sigma * frame_[i]);
    }
  }
}

void PatchSet::segment() {
  pixels_->at_least = scene_.facts.threshold;
  pixels_->index.clear();
  pixels_->value.clear();
  for (std::uint32_t i = 0; i < frame_.size(); ++i) {
    if (frame_[i] < scene_.facts.threshold) continue;
    pixels_->index.push_back(i);
    pixels_->value.push_back(frame_[i]);
  }
  find_components(*pixels_, config_.min_pixels, static_cast<std::uint32_t>(frame_.size()), list_);
}

std::uint32_t PatchSet::component_at(double row, double col) const {
  const double r = std::nearbyint(row);
  const double c = std::nearbyint(col);
  if (r < 0 || c < 0 || r >= config_.frame_px || c >= config_.frame_px) return no_component;
  const auto pixel = static_cast<std::uint32_t>(r * config_.frame_px + c);
  const auto found = std::ranges::lower_bound(pixels_->index, pixel);
  if (found == pixels_->index.end() || *found != pixel) return no_component;
  return list_.component_of[static_cast<std::size_t>(found - pixels_->index.begin())];
}

// That of the pixel under the main spot's centre, else of one beside it.
std::uint32_t PatchSet::main_component() const {
  const Spot& main = scene_.spots.front();
  std::uint32_t found = component_at(main.row, main.col);
  for (int i = 0; i < 9 && found == no_component; ++i) {
    found = component_at(main.row + i / 3 - 1, main.col + i % 3 - 1);
  }
  return found;
}

double PatchSet::distance_px(const Spot& spot, std::uint32_t pixel) const {
  return std::hypot(spot.row - pixel / config_.frame_px, spot.col - pixel % config_.frame_px);
}

std::size_t PatchSet::nearest_spot(std::uint32_t pixel) const {
  const auto distance = [&](const Spot& spot) { return distance_px(spot, pixel); };
  return static_cast<std::size_t>(std::ranges::min_element(scene_.spots, {}, distance) -
                                  scene_.spots.begin());
}

bool PatchSet::is_beside(const Spot& spot, std::uint32_t pixel) const {
  constexpr double beside_px = 1.5;
  return distance_px(spot, pixel) <= beside_px;
}

std::uint32_t PatchSet::centre_pixel(std::uint32_t component, Random& random) {
  const Component& c = list_.components[component];
  if (!config_.about_any_maximum || c.n_maxima == 1) return c.max_pixel;
  std::vector<std::uint32_t> beside_spots;
  for (const std::uint32_t maximum : list_.maxima) {
    if (list_.component_of[maximum] != component) continue;
    const std::uint32_t pixel = pixels_->index[maximum];
    if (is_beside(scene_.spots[nearest_spot(pixel)], pixel)) beside_spots.push_back(pixel);
  }
  return beside_spots.empty() ? c.max_pixel : beside_spots[random.below(beside_spots.size())];
}

PatchClass PatchSet::class_of(std::uint32_t component, std::uint32_t centre, const PatchTruth& truth) const {
  if (scene_.at_edge) return PatchClass::edge;
  const auto under_centre = [&](const Spot& spot) { return component_at(spot.row, spot.col) == component; };
  if (scene_.spots.size() > 1 && std::ranges::all_of(scene_.spots, under_centre))
    return PatchClass::overlapped;
  const Component& c = list_.components[component];
  const PatchOrigin origin = patch_origin(centre, config_.frame_px, config_.patch_px);
  const auto size = static_cast<std::int32_t>(config_.patch_px);
  const bool whole = c.row_begin >= origin.row && c.col_begin >= origin.col &&
                     c.row_end <= origin.row + size && c.col_end <= origin.col + size;
  if (!whole) return PatchClass::wide;
  return truth.peak < 5 * truth.threshold ? PatchClass::dim : PatchClass::clean;
}

PatchTruth PatchSet::truth_of(std::uint32_t component, std::uint32_t centre) const {
  PatchTruth truth = scene_.facts;
  const PatchOrigin origin = patch_origin(centre, config_.frame_px, config_.patch_px);
  const std::size_t own = nearest_spot(centre);
  truth.row = scene_.spots[own].row - origin.row;
  truth.col = scene_.spots[own].col - origin.col;
  truth.peak = static_cast<float>(scene_.spots[own].peak);
  if (scene_.spots.size() > 1) {
    truth.other_row = scene_.spots[1 - own].row - origin.row;
    truth.other_col = scene_.spots[1 - own].col - origin.col;
  }
  truth.n_maxima = list_.components[component].n_maxima;
  truth.patch_class = class_of(component, centre, truth);
  return truth;
}

PlaceCovariance PatchSet::bound() const {
  if (config_.tail_max_px > 0) throw std::logic_error("the bound is that of symmetric spots");
  std::vector<ExpectedSpot> spots;
  for (const Spot& spot : scene_.spots) {
    spots.push_back(
        {spot.shape, spot.row, spot.col, spot.peak / highest_pixel(spot.shape, {{spot.row, spot.col}})});
  }
  std::swap(spots.front(), spots[nearest_spot(centre_)]);
  const PatchTruth& facts = scene_.facts;
  const bool poisson = facts.detector == DetectorKind::counting;
  return place_bound(spots, {.origin = patch_origin(centre_, config_.frame_px, config_.patch_px),
                             .patch_px = config_.patch_px,
                             .frame_px = config_.frame_px,
                             .threshold = double{facts.threshold},
                             .background = poisson ? background_mean(scene_.background) : 0,
                             .noise = noise_of(facts),
                             .poisson = poisson});
}

SecondMaxima PatchSet::second_maxima(double significance) const {
  SplitRule rule;
  rule.significance = significance;
  rule.noise = noise_of(scene_.facts);
  rule.threshold = double{scene_.facts.threshold};
  Shares shares;
  split_components(list_, rule, shares);
  const std::uint32_t component = main_component();
  const std::uint32_t highest = list_.components[component].max_pixel;
  std::vector<bool> has_maximum(scene_.spots.size());
  has_maximum[nearest_spot(highest)] = true;
  SecondMaxima second;
  for (std::size_t i = 0; i < shares.parent.size(); ++i) {
    const std::uint32_t pixel = shares.list.components[i].max_pixel;
    if (shares.parent[i] != component || pixel == highest) continue;
    const std::size_t spot = nearest_spot(pixel);
    const bool of_spot = !has_maximum[spot] && is_beside(scene_.spots[spot], pixel);
    if (of_spot) has_maximum[spot] = true;
    ++(of_spot ? second.of_spots : second.of_noise);
  }
  return second;
}

PatchTruth PatchSet::make(std::uint64_t index, std::span<float> patch, PeakView* view) {
  constexpr std::uint64_t most_attempts = 10000;
  for (std::uint64_t attempt = 0; attempt < most_attempts; ++attempt) {
    Random random(config_.seed, RandomStream::patch, index, attempt);
    draw_scene(random);
    expose(random);
    segment();
    const std::uint32_t component = main_component();
    if (component == no_component) continue;
    const PatchCentre centre{component, centre_pixel(component, random)};
    cut_patches(list_, {&centre, 1}, config_.patch_px, {}, patch);
    centre_ = centre.pixel;
    const PatchTruth truth = truth_of(component, centre.pixel);
    if (view != nullptr) {
      *view = view_of_peak(list_, component, centre.pixel, config_.patch_px, double{truth.threshold},
                           noise_of(truth));
    }
    return truth;
  }
  throw ConfigError("no spot has min_pixels pixels above threshold: give higher peaks or fewer pixels",
                    "peak_max");
}

}  // namespace braggd
