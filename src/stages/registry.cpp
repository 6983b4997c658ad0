#include "stages/registry.hpp"

#include <algorithm>

#include "stages/decode.hpp"
#include "stages/find_components.hpp"
#include "stages/locate_peaks.hpp"
#include "stages/mask_pixels.hpp"
#include "stages/score_anomaly.hpp"
#include "stages/subtract_dark.hpp"
#include "stages/threshold.hpp"

namespace braggd {

std::span<const StageEntry> stage_registry() {
  static const std::vector<StageEntry> table{
      stage_entry<Decode>(),       stage_entry<SubtractDark>(),   stage_entry<MaskPixels>(),
      stage_entry<Threshold>(),    stage_entry<FindComponents>(), stage_entry<LocatePeaks>(),
      stage_entry<ScoreAnomaly>(),
  };
  return table;
}

const StageEntry* find_stage(std::string_view type) {
  const auto table = stage_registry();
  const auto found = std::ranges::find(table, type, [](const StageEntry& entry) { return entry.info.type; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace braggd
