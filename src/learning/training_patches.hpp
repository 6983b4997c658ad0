// Simulated patches as training and judging take them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "simulation/patch_set.hpp"

namespace braggd {

/// Patches in one block of memory, with their thresholds, noise and true places.
struct TrainingPatches {
  std::uint32_t patch_px = 0;
  std::vector<float> pixels;  ///< one patch after the other, NaN without a value
  std::vector<float> thresholds, rows, cols;
  std::vector<NoiseModel> noises;
  std::vector<PatchClass> classes;

  std::size_t size() const { return thresholds.size(); }
  void resize(std::size_t n);
  /// The facts of a patch.
  void set(std::size_t index, const PatchTruth& truth);
  std::span<const float> patch(std::size_t index) const {
    const std::size_t n = std::size_t{patch_px} * patch_px;
    return std::span(pixels).subspan(index * n, n);
  }
};

/// The first `n` of a set, made by all cores. `stopped` is asked now and then; what is there by then comes back.
TrainingPatches make_training_patches(const PatchSetConfig& config, std::size_t n,
                                      const std::function<bool()>& stopped = {});

/// Spots from `min_px` to `max_px`: the sigma of their Gaussian part.
struct SpotWidths {
  double min_px = 0, max_px = 0;
  friend bool operator==(const SpotWidths&, const SpotWidths&) = default;
};

/// Of spots that are smeared to one side, to learn from and to be judged on: the longest tail.
inline constexpr double longest_tail_px = 1.5;

inline constexpr SpotWidths usual_judging_widths{0.7, 1.9};  ///< of spots to be judged on

/// Which spots are drawn to learn from.
struct SpotRanges {
  SpotWidths sigma{0.6, 2.4};
  double peak_max = 1000;                            ///< highest expected pixel, in thresholds
  double lorentz_max = 1;                            ///< share of the Lorentzian
  double winged_share = 0.5;                         ///< of the spots: LorentzWings::square
  double background_min = 0.01, background_max = 1;  ///< of photon counters, counts a pixel
  friend bool operator==(const SpotRanges&, const SpotRanges&) = default;
};

/// What a network that learnt from `trained` is judged on: usual_judging_widths where these are the usual ones, else a
/// part of them.
SpotWidths judging_widths(SpotWidths trained);

struct JudgingOptions {
  std::uint64_t seed = 20'000;
  std::size_t patches = 40'000;
  SpotWidths sigma = usual_judging_widths;
};

/// Patches to learn from. A component is split at its maxima, so they are cut about each. `tailed_share` of the spots are
/// smeared to one side.
PatchSetConfig training_set(std::uint32_t patch_px, std::uint64_t seed, const SpotRanges& spots,
                            double tailed_share);

/// Patches to be judged on: drawn from another seed and from spots whose sizes, tails and brightness are distributed
/// otherwise than those for training.
PatchSetConfig judging_set(std::uint32_t patch_px, const JudgingOptions& judging);

/// Patches to be judged on that show spots with wide wings (LorentzWings::square) of sizes of their own, over a background
/// of 0 to 0.8 counts a pixel; cut about the highest pixel of each component.
PatchSetConfig winged_judging_set(std::uint32_t patch_px, const JudgingOptions& judging);

/// One of the eight ways to lay a square on itself. `order`[i] is the pixel that comes to place i.
class Symmetry {
 public:
  Symmetry(std::uint32_t patch_px, unsigned which);
  void turn(std::span<const float> patch, std::span<float> turned) const;
  /// The place of (row, col) afterwards.
  std::pair<float, float> turn(float row, float col) const;

 private:
  float last_;
  bool flip_row_, flip_col_, transpose_;
  std::vector<std::uint32_t> order_;
};

}  // namespace braggd
