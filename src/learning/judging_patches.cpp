#include "learning/judging_patches.hpp"

#include <algorithm>
#include <array>

namespace braggd {

namespace {

struct BrightnessGroup {
  const char* name;
  double below;  // in thresholds
};
constexpr std::array<BrightnessGroup, 5> brightness_groups{
    {{"below 5", 5}, {"5 to 20", 20}, {"20 to 50", 50}, {"50 to 100", 100}, {"above 100", 1e300}}};

}  // namespace

JudgingPatches make_judging_patches(const PatchSetConfig& config, std::size_t n) {
  JudgingPatches all;
  all.patch_px = config.patch_px;
  const std::size_t pixels = std::size_t{config.patch_px} * config.patch_px;
  all.resize(n);
  PatchSet set(config);
  for (std::size_t i = 0; i < n; ++i) {
    PeakView view;
    const PatchTruth truth = set.make(i, std::span(all.pixels).subspan(i * pixels, pixels), &view);
    all.set(i, truth);
    all.truths.push_back(truth);
    all.views.push_back(view);
    if (config.tail_max_px == 0) all.bounds.push_back(set.bound());
  }
  return all;
}

PatchSetConfig smeared_judging_set(std::uint32_t patch_px, const JudgingOptions& judging) {
  PatchSetConfig config = judging_set(patch_px, judging);
  config.tail_max_px = longest_tail_px;
  return config;
}

PatchGroups groups_by_class(const TrainingPatches& patches) {
  PatchGroups groups{{patch_class_names.begin(), patch_class_names.end()}, {}};
  for (const PatchClass c : patches.classes) groups.of.push_back(static_cast<std::size_t>(c));
  return groups;
}

PatchGroups groups_by_class(const JudgingPatches& patches, DetectorKind detector) {
  PatchGroups groups = groups_by_class(patches);
  for (std::size_t i = 0; i < patches.size(); ++i) {
    if (patches.truths[i].detector != detector) groups.of[i] = PatchGroups::none;
  }
  return groups;
}

PatchGroups groups_by_brightness(const JudgingPatches& patches, DetectorKind detector) {
  PatchGroups groups;
  for (const BrightnessGroup& group : brightness_groups) groups.names.emplace_back(group.name);
  for (const PatchTruth& truth : patches.truths) {
    const double height = double{truth.peak} / truth.threshold;
    const auto* const group =
        std::ranges::find_if(brightness_groups, [&](const BrightnessGroup& g) { return height < g.below; });
    const bool alone = truth.patch_class != PatchClass::overlapped && truth.patch_class != PatchClass::edge;
    groups.of.push_back(alone && truth.detector == detector
                            ? static_cast<std::size_t>(group - brightness_groups.begin())
                            : PatchGroups::none);
  }
  return groups;
}

}  // namespace braggd
