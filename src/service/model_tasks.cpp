#include "service/model_tasks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include <braggd/error.hpp>

#include "core/scratch_directory.hpp"
#include "core/text.hpp"
#include "formats/output_directory.hpp"
#include "inference/model_bundle.hpp"
#include "learning/anomaly_model.hpp"
#include "learning/score_patches.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t held_out_every = 5;  // frames of a new baseline that a retraining does not learn from

ScanRecord record_of(const ReducedScan& reduced, std::optional<double> load) {
  ScanRecord record;
  record.id = printable(reduced.content.scan_id, 256);
  std::error_code ignored;
  record.file = printable(fs::absolute(reduced.scan).lexically_normal().string());
  record.file_bytes = fs::file_size(reduced.scan, ignored);
  const auto modified = fs::last_write_time(reduced.scan, ignored);
  record.file_modified_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                std::chrono::file_clock::to_sys(modified).time_since_epoch())
                                .count();
  record.n_frames = reduced.n_frames;
  const std::vector<PatchFrame>& frames = reduced.content.frames;
  if (!frames.empty() && !std::isnan(frames.front().omega_deg)) {
    record.first_omega_deg = frames.front().omega_deg;
    record.last_omega_deg = frames.back().omega_deg;
  }
  record.load_mpa = load;
  return record;
}

/// Moves a file into a directory, under its name or, where that is taken, a numbered one.
fs::path move_into(const fs::path& directory, const fs::path& file) {
  prepare_output_directory(directory);
  for (int number = 1;; ++number) {
    const std::string suffix = number == 1 ? "" : "_" + std::to_string(number);
    fs::path target = directory / (file.stem().string() + suffix + file.extension().string());
    if (rename_to_new_name(file, target)) return target;
  }
}

void register_scan(ModelStore& store, const ReducedScan& reduced, std::optional<double> load) {
  const ScanRecord scan = record_of(reduced, load);
  store.add_scan(scan);
  const fs::path file = move_into(store.directory() / "patches", reduced.patches);
  PatchSetRecord patches;
  patches.scan_id = scan.id;
  patches.file = (fs::path("patches") / file.filename()).string();
  patches.id = file.stem().string();
  patches.n_patches = reduced.content.size();
  patches.threshold = reduced.threshold;
  patches.patch_px = rei_patch_px;
  store.add_patch_set(patches);
}

std::vector<ReducedScan> reduce_all(const BaselineTask& task, const fs::path& directory,
                                    const std::stop_token& stop) {
  std::vector<ReducedScan> reduced;
  for (const fs::path& scan : task.scans) {
    reduced.push_back(reduce_to_patches(task.reduction, scan, directory, stop));
  }
  return reduced;
}

std::vector<const ScanPatches*> contents_of(const std::vector<ReducedScan>& reduced) {
  std::vector<const ScanPatches*> contents;
  for (const ReducedScan& scan : reduced) contents.push_back(&scan.content);
  return contents;
}

std::string provenance(const BaselineTask& task, const LearntModel& model,
                       const std::vector<ReducedScan>& scans) {
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  for (const ReducedScan& scan : scans) names.push_back(printable(scan.content.scan_id, 256));
  const EncoderTraining& training = task.options.training;
  const nlohmann::ordered_json json{{"method", "BYOL, then K-means"},
                                    {"scans", std::move(names)},
                                    {"seed", training.seed},
                                    {"epochs", model.trained.epochs},
                                    {"batch", training.batch},
                                    {"learning_rate", training.learning_rate},
                                    {"went_on_from_a_model", !training.start_from.empty()},
                                    {"loss_first_epoch", model.trained.first_loss},
                                    {"loss_last_epoch", model.trained.last_loss},
                                    {"device", model.trained.device},
                                    {"ended_early", model.trained.interrupted},
                                    {"cluster_restarts", task.options.cluster_restarts}};
  return json.dump();
}

LearntOutcome add_to_store(ModelStore& store, const fs::path& scratch, const BaselineTask& task,
                           const LearntModel& model, const std::vector<ReducedScan>& scans,
                           const std::optional<ModelRecord>& parent) {
  const fs::path bundle = scratch / "bundle";
  const ModelManifest manifest =
      write_anomaly_bundle(bundle, task.name, model.encoder, model.learnt, scans.front().content.pixels,
                           provenance(task, model, scans));
  LearntOutcome outcome;
  outcome.model = record_of(manifest);
  if (parent) outcome.model.parent_id = parent->id;
  for (const ReducedScan& scan : scans) {
    register_scan(store, scan, std::nullopt);
    outcome.model.trained_from.push_back(printable(scan.content.scan_id, 256));
  }
  store.add_model(bundle, outcome.model);
  outcome.learnt = model.learnt;
  outcome.trained = model.trained;
  outcome.parent = parent;
  return outcome;
}

/// The frames of a scan that a retraining learns from, or those that it is judged on.
ScanPatches part_of(const ScanPatches& all, bool held_out) {
  ScanPatches part;
  part.scan_id = all.scan_id;
  part.first_omega_deg = all.first_omega_deg;
  std::size_t next = 0;
  for (const PatchFrame& frame : all.frames) {
    const std::size_t end = next + frame.n_patches;
    if ((frame.frame % held_out_every == held_out_every - 1) == held_out) {
      part.frames.push_back(frame);
      const auto pixels =
          std::span(all.pixels).subspan(next * rei_patch_pixels, frame.n_patches * rei_patch_pixels);
      part.pixels.insert(part.pixels.end(), pixels.begin(), pixels.end());
      const auto origins = std::span(all.origins).subspan(next, frame.n_patches);
      part.origins.insert(part.origins.end(), origins.begin(), origins.end());
    }
    next = end;
  }
  return part;
}

struct Parent {
  ModelRecord record;
  AnomalyModel model;
  double distance = 0;
};

/// How far these patches are from a model's own baseline, in that model's clusters.
Parent nearest_model(const ModelStore& store, const ScanPatches& patches) {
  std::optional<Parent> nearest;
  for (ModelRecord& record : store.models()) {
    if (record.task != score_anomaly_task || record.status == ModelStatus::retired) continue;
    AnomalyModel model = load_anomaly_model(store.bundle(record.id));
    const double distance = score_patches(model, patches, ReiMode::stream).jsd;
    if (!nearest || distance < nearest->distance) {
      nearest.emplace(Parent{std::move(record), std::move(model), distance});
    }
  }
  if (!nearest) {
    throw ConfigError(
        "the store has no model that scores scans to go on from: make one with `braggd model init`");
  }
  return std::move(*nearest);
}

ScoreRecord record_of(const ScanScore& score, const std::string& scan_id, const std::string& model_id,
                      ReiMode mode) {
  ScoreRecord record;
  record.scan_id = printable(scan_id, 256);
  record.model_id = model_id;
  record.mode = mode;
  record.n_patches = score.counts.n_patches;
  record.n_low = score.counts.n_low;
  record.rei = score.counts.rei();
  record.rei_error = score.counts.rei_error();
  record.jsd = score.jsd;
  record.decision = score.decision;
  if (score.changed_frame != no_frame) record.changed_frame = score.changed_frame;
  record.too_big_share = score.counts.too_big_share();
  return record;
}

}  // namespace

LearntOutcome initialise_model(ModelStore& store, const BaselineTask& task,
                               const TrainingProgressSink& progress, const std::stop_token& stop) {
  if (task.name.empty() || safe_file_name(task.name) != task.name) {
    throw ConfigError("a model's name is made of letters, digits, '.', '_' and '-'", "name");
  }
  const ScratchDirectory scratch(store.directory());
  const std::vector<ReducedScan> scans = reduce_all(task, scratch.path(), stop);
  const LearntModel model =
      learn_baseline(contents_of(scans), task.options, progress, [&] { return stop.stop_requested(); });
  LearntOutcome outcome = add_to_store(store, scratch.path(), task, model, scans, std::nullopt);
  store.promote(outcome.model.id, "learnt from its first baseline");
  outcome.promoted = true;
  return outcome;
}

LearntOutcome retrain_model(ModelStore& store, const BaselineTask& task, const TrainingProgressSink& progress,
                            const std::stop_token& stop) {
  const std::optional<ModelRecord> active = store.active_model(task.name);
  if (!active) {
    throw ConfigError("the store has no active model of the name " + printable(task.name, 64) +
                      ": make one with `braggd model init`");
  }
  const ScratchDirectory scratch(store.directory());
  const std::vector<ReducedScan> scans = reduce_all(task, scratch.path(), stop);
  const ScanPatches held_out = part_of(scans.front().content, true);
  const ScanPatches rest = part_of(scans.front().content, false);
  std::vector<const ScanPatches*> learning = contents_of(scans);
  learning.front() = &rest;
  const Parent parent = nearest_model(store, rest);
  BaselineTask going_on = task;
  going_on.options.training.start_from = parent.model.weights;
  const LearntModel model =
      learn_baseline(learning, going_on.options, progress, [&] { return stop.stop_requested(); });
  const double rei =
      score_patches(make_anomaly_model(model.encoder, model.learnt, {}), held_out, ReiMode::stream)
          .counts.rei();
  const double rei_before =
      score_patches(load_anomaly_model(store.bundle(active->id)), held_out, ReiMode::stream).counts.rei();
  LearntOutcome outcome = add_to_store(store, scratch.path(), going_on, model, scans, parent.record);
  outcome.parent_distance = parent.distance;
  outcome.held_out_rei = rei;
  outcome.held_out_rei_before = rei_before;
  outcome.promoted = rei < rei_before;
  std::array<char, 120> reason{};
  std::snprintf(reason.data(), reason.size(),
                "REI of held-out patches of the new baseline: %.4f, before %.4f", rei, rei_before);
  if (outcome.promoted) store.promote(outcome.model.id, reason.data());
  return outcome;
}

Analysis analyse_scans(ModelStore* store, const AnalysisTask& task,
                       const std::function<void(const AnalysedScan&)>& on_scan, const std::stop_token& stop) {
  const fs::path bundle =
      store != nullptr ? store->bundle(store->find_model(task.model).id) : fs::path(task.model);
  const AnomalyModel model = load_anomaly_model(bundle);
  const ScratchDirectory scratch(store != nullptr ? store->directory() : fs::temp_directory_path());
  Analysis analysis{{}, model.baseline};
  for (std::size_t i = 0; i < task.scans.size(); ++i) {
    const ReducedScan reduced = reduce_to_patches(task.reduction, task.scans[i], scratch.path(), stop);
    AnalysedScan scan{reduced.content.scan_id, model.baseline->model_id, std::nullopt,
                      score_patches(model, reduced.content, task.mode)};
    if (!task.loads.empty()) scan.load_mpa = task.loads[i];
    if (store != nullptr) {
      register_scan(*store, reduced, scan.load_mpa);
      store->add_score(record_of(scan.score, scan.scan_id, model.baseline->model_id, task.mode));
    }
    on_scan(scan);
    analysis.scans.push_back(std::move(scan));
  }
  return analysis;
}

}  // namespace braggd
