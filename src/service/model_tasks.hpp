// The tasks that models for score_anomaly go through, after M2ML (Zheng et al. 2024, IEEE BigData, 4275): initialization,
// retraining, analysis; all of them over the metadata table of a model store.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kernels/scan_score.hpp"
#include "learning/learn_baseline.hpp"
#include "learning/model_store.hpp"
#include "service/reduce_scan.hpp"

namespace braggd {

struct BaselineTask {
  std::string name;                          ///< of the model
  std::vector<std::filesystem::path> scans;  ///< the first one is learnt, the others are its repeats
  Reduction reduction;
  BaselineOptions options;
};

struct LearntOutcome {
  ModelRecord model;
  LearntBaseline learnt;
  TrainedEncoder trained;
  bool promoted = false;
  std::optional<ModelRecord> parent;  ///< that a retraining went on from
  double parent_distance =
      0;                    ///< Jensen-Shannon distance of the new baseline's clusters from the parent's own
  double held_out_rei = 0;  ///< of a retraining: of patches that it did not learn from
  double held_out_rei_before = 0;  ///< the same, of the active model
};

using TrainingProgressSink = std::function<void(const EncoderProgress&)>;

/// Reduces the scans, trains the encoder, clusters, takes the null distribution, registers the model and makes it the
/// active one of its name. Throws what its parts throw; the store then has no model more than before.
LearntOutcome initialise_model(ModelStore& store, const BaselineTask& task,
                               const TrainingProgressSink& progress, const std::stop_token& stop);

/// The same from scans of a changed experiment, for a name that has an active model: goes on from the registered model
/// whose clusters resemble these scans' patches most (as fairDMS chooses, Ali et al. 2022, arXiv:2204.09805), and makes the
/// new one active only if it finds fewer anomalies than the active one among patches of the new baseline that it did not
/// learn from (every fifth frame). Throws as initialise_model does.
LearntOutcome retrain_model(ModelStore& store, const BaselineTask& task, const TrainingProgressSink& progress,
                            const std::stop_token& stop);

struct AnalysedScan {
  std::string scan_id;
  std::string model_id;
  std::optional<double> load_mpa;
  ScanScore score;
};

struct AnalysisTask {
  std::vector<std::filesystem::path> scans;
  std::vector<double> loads;  ///< stress on the sample in MPa, one a scan; or none
  Reduction reduction;
  std::string model;  ///< of the store: name, id or its beginning; or the directory of a bundle
  ReiMode mode = ReiMode::stream;
};

struct Analysis {
  std::vector<AnalysedScan> scans;
  std::shared_ptr<const AnomalyBaseline> baseline;  ///< what they were held against
};

/// Scores scans against a model, in the order given. With a store, scans, patches and scores are
/// registered; with a bundle nothing is kept. `on_scan` is told of each as it is done.
Analysis analyse_scans(ModelStore* store, const AnalysisTask& task,
                       const std::function<void(const AnalysedScan&)>& on_scan, const std::stop_token& stop);

}  // namespace braggd
