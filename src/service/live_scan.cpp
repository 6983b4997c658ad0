#include "service/live_scan.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_frames_waiting = 1000;

}  // namespace

PeakProfile::PeakProfile(std::uint64_t expected_frames)
    : frames_per_bin_(std::max<std::uint64_t>(1, (expected_frames + most_bins - 1) / most_bins)) {}

void PeakProfile::add(const FrameMeta& meta, std::size_t peaks) {
  while (meta.index / frames_per_bin_ >= most_bins) {
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      if (i % 2 == 0) {
        bins_[i / 2] = bins_[i];
      } else {
        bins_[i / 2].frames += bins_[i].frames;
        bins_[i / 2].peaks += bins_[i].peaks;
        bins_[i / 2].omega_sum_deg += bins_[i].omega_sum_deg;
      }
    }
    bins_.resize((bins_.size() + 1) / 2);
    frames_per_bin_ *= 2;
  }
  const std::size_t place = meta.index / frames_per_bin_;
  while (bins_.size() <= place) bins_.push_back({bins_.size() * frames_per_bin_, 0, 0, 0});
  ProfileBin& bin = bins_[place];
  ++bin.frames;
  bin.peaks += peaks;
  bin.omega_sum_deg += meta.omega_deg;
}

std::uint64_t LiveCounts::dropped_total() const {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0}) -
         dropped[static_cast<std::size_t>(DropReason::missing)];
}

LiveScan::LiveScan(const ScanHeader& header, bool scored, PreviewSampler& preview)
    : preview_(preview),
      scored_(scored),
      first_omega_deg_(header.omega_of(0)),
      omega_deg_(std::numeric_limits<double>::quiet_NaN()),
      profile_(header.expected_frames) {}

void LiveScan::on_frame(const std::shared_ptr<const ScanHeader>& header, const Frame& frame) {
  last_frame_ = Clock::now();
  omega_deg_ = frame.meta.omega_deg;
  preview_.offer(header, frame);
}

void LiveScan::on_result(const ScanHeader& header, const Envelope& envelope) {
  last_result_ = Clock::now();
  const auto* list = envelope.dropped == DropReason::none
                         ? std::get_if<std::shared_ptr<const PeakList>>(&envelope.product)
                         : nullptr;
  if (list != nullptr) preview_.take_peaks(header, *list);
  const std::lock_guard lock(mutex_);
  if (envelope.dropped != DropReason::none) {
    ++dropped_[static_cast<std::size_t>(envelope.dropped)];
  } else {
    const std::size_t peaks = list != nullptr ? (*list)->peaks.size() : 0;
    peaks_ += peaks;
    if (list != nullptr) count_flags((*list)->peaks);
    profile_.add(envelope.meta, peaks);
  }
  if (scored_) score_in_order(envelope);
}

void LiveScan::count_flags(std::span<const Peak> peaks) {
  for (const Peak& peak : peaks) {
    if (peak.flags == 0) continue;
    for (std::size_t i = 0; i < flag_facts.size(); ++i)
      flagged_[i] += (peak.flags & flag_facts[i].second) != 0 ? 1U : 0U;
  }
}

void LiveScan::score_in_order(const Envelope& envelope) {
  Scored scored{envelope.meta.omega_deg, nullptr};
  if (envelope.dropped == DropReason::none) {
    if (const auto* list = std::get_if<std::shared_ptr<const PeakList>>(&envelope.product)) {
      scored.anomaly = (*list)->anomaly;
    }
  }
  if (scored.anomaly && !tally_) {
    baseline_ = scored.anomaly->baseline;
    tally_.emplace(baseline_, first_omega_deg_);
  }
  if (envelope.meta.index < next_frame_) return;  // it was no longer waited for
  waiting_.emplace(envelope.meta.index, std::move(scored));
  if (waiting_.size() > most_frames_waiting) next_frame_ = waiting_.begin()->first;
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_frame_;
       first = waiting_.erase(first)) {
    if (first->second.anomaly) tally_->add(first->first, first->second.omega_deg, *first->second.anomaly);
    ++next_frame_;
  }
}

LiveCounts LiveScan::counts() const {
  const std::lock_guard lock(mutex_);
  LiveCounts counts{peaks_, flagged_, dropped_, omega_deg_, std::nullopt, baseline_};
  if (tally_) counts.anomaly = tally_->score().summary(baseline_->model_id);
  return counts;
}

PeakProfile LiveScan::profile() const {
  const std::lock_guard lock(mutex_);
  return profile_;
}

}  // namespace braggd
