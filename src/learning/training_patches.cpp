#include "learning/training_patches.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace braggd {

namespace {

/// Makes the patches of a set by blocks, in several threads.
class PatchFactory {
 public:
  PatchFactory(const PatchSetConfig& config, TrainingPatches& all) : config_(config), all_(all) {}

  void work(const std::function<bool()>& stopped) {
    PatchSet set(config_);
    while (!ended_) {
      if (stopped && stopped()) {
        ended_ = true;
        return;
      }
      const std::size_t begin = next_.fetch_add(block_patches);
      if (begin >= all_.size()) return;
      make(set, begin, std::min(begin + block_patches, all_.size()));
    }
  }

  void work_aside() {
    try {
      work({});
    } catch (...) {
      ended_ = true;
      const std::scoped_lock lock(mutex_);
      failure_ = std::current_exception();
    }
  }

  /// Once all threads are done: who takes a block makes it, so there is no gap. Throws what a thread met.
  std::size_t n_made() const {
    if (failure_) std::rethrow_exception(failure_);
    return std::min(next_.load(), all_.size());
  }

 private:
  static constexpr std::size_t block_patches = 1024;

  void make(PatchSet& set, std::size_t begin, std::size_t end) {
    const std::size_t pixels = std::size_t{config_.patch_px} * config_.patch_px;
    for (std::size_t i = begin; i < end; ++i) {
      all_.set(i, set.make(i, std::span(all_.pixels).subspan(i * pixels, pixels)));
    }
  }

  const PatchSetConfig& config_;
  TrainingPatches& all_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> ended_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

/// Found by search, so that the centroids' errors are those of the set on which models/README.md's goals were set.
constexpr SpotRanges winged_spots{.sigma = {1, 2.2},
                                  .peak_max = 700,
                                  .lorentz_max = 0.9,
                                  .winged_share = 1,
                                  .background_min = 0,
                                  .background_max = 0.8};

void set_spots(const SpotRanges& spots, PatchSetConfig& config) {
  config.sigma_min_px = spots.sigma.min_px;
  config.sigma_max_px = spots.sigma.max_px;
  config.peak_max = spots.peak_max;
  config.lorentz_max = spots.lorentz_max;
  config.winged_share = spots.winged_share;
  config.background_min = spots.background_min;
  config.background_max = spots.background_max;
}

}  // namespace

void TrainingPatches::resize(std::size_t n) {
  pixels.resize(n * patch_px * patch_px);
  thresholds.resize(n);
  rows.resize(n);
  cols.resize(n);
  noises.resize(n);
  classes.resize(n);
}

void TrainingPatches::set(std::size_t index, const PatchTruth& truth) {
  thresholds[index] = truth.threshold;
  rows[index] = static_cast<float>(truth.row);
  cols[index] = static_cast<float>(truth.col);
  noises[index] = noise_of(truth);
  classes[index] = truth.patch_class;
}

TrainingPatches make_training_patches(const PatchSetConfig& config, std::size_t n,
                                      const std::function<bool()>& stopped) {
  TrainingPatches all;
  all.patch_px = config.patch_px;
  all.resize(n);
  PatchFactory factory(config, all);
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i)
      others.emplace_back([&] { factory.work_aside(); });
    factory.work(stopped);
  }
  all.resize(factory.n_made());
  return all;
}

SpotWidths judging_widths(SpotWidths trained) {
  if (trained == SpotRanges{}.sigma) return usual_judging_widths;
  const double range_px = trained.max_px - trained.min_px;
  return {trained.min_px + range_px / 16, trained.max_px - range_px * 3 / 16};
}

PatchSetConfig training_set(std::uint32_t patch_px, std::uint64_t seed, const SpotRanges& spots,
                            double tailed_share) {
  PatchSetConfig config;
  config.seed = seed;
  config.patch_px = patch_px;
  set_spots(spots, config);
  config.tail_max_px = tailed_share > 0 ? longest_tail_px : 0;
  config.tailed_share = tailed_share;
  config.about_any_maximum = true;
  return config;
}

PatchSetConfig judging_set(std::uint32_t patch_px, const JudgingOptions& judging) {
  PatchSetConfig config;
  config.seed = judging.seed;
  config.patch_px = patch_px;
  config.overlapped_share = 0.3;
  config.edge_share = 0.2;
  config.peak_min = 1.5;
  config.peak_max = 300;
  config.sigma_min_px = judging.sigma.min_px;
  config.sigma_max_px = judging.sigma.max_px;
  config.lorentz_max = 0.6;
  config.about_any_maximum = true;
  return config;
}

PatchSetConfig winged_judging_set(std::uint32_t patch_px, const JudgingOptions& judging) {
  PatchSetConfig config;
  config.seed = judging.seed;
  config.patch_px = patch_px;
  config.frame_px = std::max(41U, patch_px + 30);
  config.peak_min = 1.5;
  config.log_uniform_second = true;
  set_spots(winged_spots, config);
  return config;
}

Symmetry::Symmetry(std::uint32_t patch_px, unsigned which)
    : last_(static_cast<float>(patch_px - 1)),
      flip_row_((which & 1U) != 0),
      flip_col_((which & 2U) != 0),
      transpose_((which & 4U) != 0) {
  for (std::uint32_t row = 0; row < patch_px; ++row) {
    for (std::uint32_t col = 0; col < patch_px; ++col) {
      std::uint32_t from_row = transpose_ ? col : row, from_col = transpose_ ? row : col;
      if (flip_row_) from_row = patch_px - 1 - from_row;
      if (flip_col_) from_col = patch_px - 1 - from_col;
      order_.push_back(from_row * patch_px + from_col);
    }
  }
}

void Symmetry::turn(std::span<const float> patch, std::span<float> turned) const {
  for (std::size_t i = 0; i < order_.size(); ++i) turned[i] = patch[order_[i]];
}

std::pair<float, float> Symmetry::turn(float row, float col) const {
  if (flip_row_) row = last_ - row;
  if (flip_col_) col = last_ - col;
  if (transpose_) std::swap(row, col);
  return {row, col};
}

}  // namespace braggd
