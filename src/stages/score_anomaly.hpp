#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <tuple>

#include <braggd/stage.hpp>

#include "learning/anomaly_model.hpp"

namespace braggd {

struct ScoreAnomalyConfig {
  std::filesystem::path model = {};
  double threshold = std::numeric_limits<double>::quiet_NaN();
  double sector_deg = 10;
  double changed_sigma = 4;
  std::uint32_t changed_sectors = 2;
  std::uint64_t min_patches = 200;

  static constexpr auto fields() {
    using C = ScoreAnomalyConfig;
    return std::tuple{
        model_field("model", &C::model,
                    "the model: a bundle's directory, or store:NAME for the active model of a name in the "
                    "model store (`braggd model init` makes one)"),
        field("threshold", &C::threshold,
              "confidence below which a patch counts as an anomaly; not given: the model's", 0, 1),
        field("sector_deg", &C::sector_deg, "rotation after which the running score is drawn up", 0.01, 3600)
            .unit("deg"),
        field("changed_sigma", &C::changed_sigma,
              "the scan has changed where its running score, or the distance of its clusters' histogram, is "
              "so many "
              "standard deviations above the baseline …",
              0.1, 1000),
        field("changed_sectors", &C::changed_sectors, "… at the ends of so many sectors in a row", 1, 10000),
        field("min_patches", &C::min_patches, "fewer patches decide nothing", 1, 1e12),
    };
  }
};

/// The rare event indicator of each frame: each peak gets its confidence and cluster, each frame its counts. A component
/// that no patch holds leaves its peaks unscored; one that was split into several peaks is one patch, and its peaks share
/// the verdict.
class ScoreAnomaly {
 public:
  using Config = ScoreAnomalyConfig;
  using Input = PeakList;
  using Output = PeakList;
  static constexpr StageInfo info{"score_anomaly",
                                  "Scores how far peaks have moved away from those of a baseline (REI)."};

  static void check(const Config& config);
  ScoreAnomaly(const Config& config, const StageContext& context);
  /// For a model that is at hand. Throws ConfigError where its parts do not fit together.
  explicit ScoreAnomaly(std::shared_ptr<const AnomalyModel> model);

  Result<PeakList> process(const std::shared_ptr<const PeakList>& peaks, PeakList scored = {}) const;

 private:
  std::shared_ptr<const AnomalyModel> model_;
  std::shared_ptr<const AnomalyBaseline> baseline_;
};

}  // namespace braggd
