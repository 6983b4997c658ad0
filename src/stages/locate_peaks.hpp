#pragma once

#include <memory>
#include <tuple>

#include <braggd/stage.hpp>

namespace braggd {

struct LocatePeaksConfig {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Places each component at its intensity-weighted centroid. A component whose intensities do not sum to a positive
/// number has no centroid: it is flagged not_located and stands at its brightest pixel.
class LocatePeaks {
 public:
  using Config = LocatePeaksConfig;
  using Input = ComponentList;
  using Output = PeakList;
  static constexpr StageInfo info{"locate_peaks",
                                  "Places each component at its intensity-weighted centroid."};

  LocatePeaks(const Config& config, const StageContext& context);
  Result<PeakList> process(const std::shared_ptr<const ComponentList>& components, PeakList list = {}) const;
};

}  // namespace braggd
