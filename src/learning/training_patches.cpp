#include "learning/training_patches.hpp"

#include <utility>

namespace braggd {

void TrainingPatches::add(const PatchTruth& truth) {
  thresholds.push_back(truth.threshold);
  rows.push_back(static_cast<float>(truth.row));
  cols.push_back(static_cast<float>(truth.col));
  classes.push_back(truth.patch_class);
}

TrainingPatches make_training_patches(const PatchSetConfig& config, std::size_t n,
                                      const std::function<bool()>& stopped) {
  constexpr std::size_t asked_every = 1024;
  TrainingPatches all;
  all.patch_px = config.patch_px;
  const std::size_t pixels = std::size_t{config.patch_px} * config.patch_px;
  all.pixels.resize(n * pixels);
  PatchSet set(config);
  for (std::size_t i = 0; i < n; ++i) {
    if (i % asked_every == 0 && stopped && stopped()) break;
    all.add(set.make(i, std::span(all.pixels).subspan(i * pixels, pixels)));
  }
  all.pixels.resize(all.size() * pixels);
  return all;
}

SpotWidths judging_widths(SpotWidths trained) {
  if (trained == usual_widths) return usual_judging_widths;
  const double range_px = trained.max_px - trained.min_px;
  return {trained.min_px + range_px / 16, trained.max_px - range_px * 3 / 16};
}

PatchSetConfig training_set(std::uint32_t patch_px, std::uint64_t seed, SpotWidths sigma) {
  PatchSetConfig config;
  config.seed = seed;
  config.patch_px = patch_px;
  config.sigma_min_px = sigma.min_px;
  config.sigma_max_px = sigma.max_px;
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
