// The rare event indicator of each frame.
#pragma once

#include <memory>

#include <braggd/stage.hpp>

#include "kernels/rei_encoder.hpp"
#include "kernels/rei_score.hpp"

namespace braggd {

/// What a baseline taught: how patches are embedded, and the clusters that they made.
struct AnomalyModel {
  ReiEncoder encoder;  ///< with the statistics of the baseline
  ReiCentroids centroids;
  std::shared_ptr<const AnomalyBaseline> baseline;
};

/// Gives each peak its confidence and cluster, and each frame its counts. A component that no patch holds leaves its peaks
/// unscored; one that was split into several peaks is one patch, and its peaks share the verdict.
class AnomalyScorer {
 public:
  using Input = PeakList;
  using Output = PeakList;

  /// Throws ConfigError where the parts of the model do not fit together.
  explicit AnomalyScorer(std::shared_ptr<const AnomalyModel> model);
  Result<PeakList> process(const std::shared_ptr<const PeakList>& peaks) const;

 private:
  std::shared_ptr<const AnomalyModel> model_;
};

}  // namespace braggd
