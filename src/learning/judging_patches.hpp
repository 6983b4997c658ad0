// Patches that estimators are judged on, with all that is known of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "learning/training_patches.hpp"
#include "simulation/peak_view.hpp"
#include "simulation/place_bound.hpp"

namespace braggd {

struct JudgingPatches : TrainingPatches {
  std::vector<PatchTruth> truths;
  std::vector<PeakView> views;
  std::vector<PlaceCovariance> bounds;  ///< Cramer-Rao; empty where spots are smeared
};

/// The first `n` of a set: the same patches as make_training_patches makes.
JudgingPatches make_judging_patches(const PatchSetConfig& config, std::size_t n);

/// The patches of judging_set with spots that have a tail to one side, of up to 1.5 px.
PatchSetConfig smeared_judging_set(std::uint32_t patch_px, const JudgingOptions& judging);

/// Which group of a table each patch belongs to.
struct PatchGroups {
  static constexpr std::size_t none = ~std::size_t{0};
  std::vector<std::string> names;
  std::vector<std::size_t> of;  ///< of each patch; none: it is left out
};

PatchGroups groups_by_class(const TrainingPatches& patches);
/// Leaves the other kind of detector out.
PatchGroups groups_by_class(const JudgingPatches& patches, DetectorKind detector);
/// By the highest expected pixel in thresholds; whole detectors, spots by themselves, of one kind of detector.
PatchGroups groups_by_brightness(const JudgingPatches& patches, DetectorKind detector);

}  // namespace braggd
