#include "kernels/scan_score.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace braggd {

namespace {

constexpr std::uint64_t sector_frames_without_omega = 40;

double n_free(const AnomalyBaseline& baseline) {
  return static_cast<double>(
             std::ranges::count_if(baseline.histogram, [](double share) { return share > 0; })) -
         1;
}

double jsd_sigmas_above(const AnomalyBaseline& baseline, std::uint64_t n_patches, double jsd) {
  const double x = jsd_over_expected(baseline, n_patches, jsd) / baseline.jsd_overdispersion;
  const double q = 2 / (9 * n_free(baseline));
  return (std::cbrt(x) - 1 + q) / std::sqrt(q);
}

double sigmas_above(const AnomalyBaseline& baseline, const ReiCounts& counts) {
  if (counts.n_patches == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(counts.n_patches);
  const double p0 = (n * baseline.rei_mean + 1) / (n + 2);
  const double variance = baseline.rei_sd * baseline.rei_sd + baseline.overdispersion * p0 * (1 - p0) / n;
  return (counts.rei() - baseline.rei_mean) / std::sqrt(variance);
}

void add_frame(const FrameAnomaly& anomaly, ReiCounts& counts) {
  counts.n_patches += anomaly.clusters.size();
  counts.n_low += anomaly.n_low;
  counts.n_too_big += anomaly.n_too_big;
  counts.too_big_pixels += anomaly.too_big_pixels;
  for (const std::uint16_t cluster : anomaly.clusters) ++counts.histogram[cluster];
}

}  // namespace

double jsd_over_expected(const AnomalyBaseline& baseline, std::uint64_t n_patches, double jsd) {
  const double free = n_free(baseline);
  if (n_patches == 0 || baseline.n_patches == 0 || free < 1) return std::numeric_limits<double>::quiet_NaN();
  const double n = 1 / (1 / static_cast<double>(n_patches) + 1 / static_cast<double>(baseline.n_patches));
  return 8 * n * jsd * jsd / free;
}

void count_verdicts(std::span<const ReiVerdict> verdicts, double threshold, FrameAnomaly& frame) {
  frame.n_low = 0;
  frame.clusters.clear();
  for (const ReiVerdict& verdict : verdicts) {
    frame.clusters.push_back(verdict.cluster);
    frame.n_low += verdict.confidence < threshold ? 1U : 0U;
  }
}

AnomalySummary ScanScore::summary(const std::string& model_id) const {
  return {model_id, counts.n_patches,       counts.n_low, counts.rei(), counts.rei_error(),
          jsd,      counts.too_big_share(), decision,     changed_frame};
}

ScanTally::ScanTally(std::shared_ptr<const AnomalyBaseline> baseline, double first_omega_deg)
    : baseline_(std::move(baseline)), first_omega_deg_(std::isnan(first_omega_deg) ? 0 : first_omega_deg) {
  score_.counts = ReiCounts(baseline_->histogram.size());
}

std::int64_t ScanTally::sector_of(std::uint64_t frame, double omega_deg) const {
  const double sector = std::abs(omega_deg - first_omega_deg_) / baseline_->sector_deg;
  if (!(sector < 1e9)) return static_cast<std::int64_t>(frame / sector_frames_without_omega);
  return static_cast<std::int64_t>(std::floor(sector + 1e-9));  // omega steps are no exact binary fractions
}

void ScanTally::add(std::uint64_t frame, double omega_deg, const FrameAnomaly& anomaly) {
  const std::size_t n_clusters = baseline_->histogram.size();
  if (std::ranges::any_of(anomaly.clusters, [&](std::uint16_t cluster) { return cluster >= n_clusters; })) {
    throw std::invalid_argument("a patch is in a cluster that the baseline lacks");
  }
  const std::int64_t sector = sector_of(frame, omega_deg);
  if (open_ && open_->sector != sector) {
    close(*open_);
    open_.reset();
  }
  if (!open_) open_ = Open{sector, omega_deg, omega_deg, frame, ReiCounts(n_clusters)};
  open_->last_omega_deg = omega_deg;
  open_->last_frame = frame;
  add_frame(anomaly, open_->counts);
}

void ScanTally::close(const Open& open) {
  score_.counts += open.counts;
  const ReiCounts& counts = score_.counts;
  const double jsd = jensen_shannon_distance(counts.shares(), baseline_->histogram);
  const SectorScore& sector = score_.sectors.emplace_back(
      SectorScore{.omega_deg = (open.first_omega_deg + open.last_omega_deg) / 2,
                  .last_frame = open.last_frame,
                  .counts = open.counts,
                  .running_rei = counts.rei(),
                  .running_rei_error = counts.rei_error(),
                  .sigmas_above_baseline = sigmas_above(*baseline_, counts),
                  .running_jsd = jsd,
                  .jsd_sigmas_above_baseline = jsd_sigmas_above(*baseline_, counts.n_patches, jsd)});
  const double sigmas =
      std::fmax(sector.sigmas_above_baseline, sector.jsd_sigmas_above_baseline);  // unless NaN
  const bool above = counts.n_patches >= baseline_->min_patches && sigmas > baseline_->changed_sigma;
  sectors_above_ = above ? sectors_above_ + 1 : 0;
  if (sectors_above_ == baseline_->changed_sectors) score_.changed_frame = open.last_frame;
  if (!above) score_.changed_frame = no_frame;
}

ScanScore ScanTally::score() const {
  ScanTally ended = *this;
  if (open_) ended.close(*open_);
  ScanScore& score = ended.score_;
  if (score.sectors.empty()) return std::move(score);
  const SectorScore& last = score.sectors.back();
  score.jsd = last.running_jsd;
  const bool quiet = last.sigmas_above_baseline <= baseline_->changed_sigma / 2 &&
                     !(last.jsd_sigmas_above_baseline > baseline_->changed_sigma);
  if (score.changed_frame != no_frame) {
    score.decision = AnomalyDecision::changed;
  } else if (score.counts.n_patches >= baseline_->min_patches && quiet) {
    score.decision = AnomalyDecision::normal;
  }
  return std::move(score);
}

}  // namespace braggd
