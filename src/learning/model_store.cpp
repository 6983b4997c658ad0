#include "learning/model_store.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "core/text.hpp"
#include "formats/output_directory.hpp"
#include "inference/model_bundle.hpp"
#include "kernels/rei_score.hpp"
#include "learning/file_lock.hpp"
#include "learning/model_store_check.hpp"
#include "learning/model_store_schema.hpp"
#include "learning/model_store_statements.hpp"
#include "learning/stored_bundles.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;

constexpr int busy_timeout_ms = 10'000;
constexpr const char* table_name = "metadata.sqlite";

void require_agreement(const ModelRecord& record, const ModelManifest& manifest, const fs::path& bundle) {
  if (record.script_sha256 == manifest.script_sha256 && record.task == manifest.task &&
      record.architecture == manifest.architecture && record.patch_px == manifest.patch_px) {
    return;
  }
  throw InputError(printable(bundle.string()) + ": its manifest says that it is " + manifest.id +
                   ", and what is to be registered as " + record.id +
                   " differs from it in digest, task, architecture or size of patches");
}

void refuse_file(const fs::path& directory) {
  std::error_code error;
  const fs::file_type type = fs::status(directory, error).type();
  if (type != fs::file_type::directory && type != fs::file_type::not_found && type != fs::file_type::none) {
    throw ConfigError(printable(directory.string()) +
                          ": is a file; a model store is a directory, name another or move the file away",
                      "store");
  }
}

}  // namespace

struct ModelStore::State {
  explicit State(const fs::path& where)
      : directory(where), database(directory / table_name, true, busy_timeout_ms) {
    prepare_tables(database);
    statements.emplace(database);
  }
  ModelStoreStatements* operator->() { return &*statements; }
  fs::path bundles() const { return directory / "bundles"; }

  std::optional<ModelRecord> model(Query&& row) {
    if (!row.next()) return std::nullopt;
    ModelRecord record = model_of(row);
    for (Query scans = statements->trained_from(record.id); scans.next();) {
      record.trained_from.push_back(scans.text(0));
    }
    return record;
  }

  fs::path directory;
  Database database;
  std::optional<ModelStoreStatements> statements;  // made when the tables are there
};

ModelStore::ModelStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
ModelStore::~ModelStore() = default;
ModelStore::ModelStore(ModelStore&&) noexcept = default;
ModelStore& ModelStore::operator=(ModelStore&&) noexcept = default;

ModelStore ModelStore::open(const fs::path& directory) {
  refuse_file(directory);
  prepare_output_directory(directory);
  for (const char* part : {"bundles", "patches"}) prepare_output_directory(directory / part);
  return ModelStore(std::make_unique<State>(directory));
}

ModelStore ModelStore::open_existing(const fs::path& directory) {
  refuse_file(directory);
  std::error_code error;
  if (!fs::exists(directory / table_name, error)) {
    if (error) throw OutputError(printable(directory.string()) + ": cannot be opened: " + error.message());
    throw ConfigError(printable(directory.string()) +
                          ": there is no model store here; `braggd model import` makes one, --store or "
                          "BRAGGD_MODELS names another",
                      "store");
  }
  return open(directory);
}

const fs::path& ModelStore::directory() const {
  return state_->directory;
}

fs::path ModelStore::bundle(std::string_view model_id) const {
  return state_->bundles() / model_id;
}

void ModelStore::require_origin(const ModelRecord& record) const {
  if (record.parent_id && !model(*record.parent_id)) {
    throw InputError(record.id + ": its parent " + printable(*record.parent_id) +
                     " is not registered; add that one first");
  }
  for (const std::string& id : record.trained_from) {
    if (scan(id)) continue;
    throw InputError(record.id + ": the scan " + printable(id) +
                     ", which it was trained from, is not registered; add that first");
  }
}

// First the bundle, then the row: where there is a row there is a bundle, whenever the program dies.
ModelStore::Added ModelStore::add_model(const fs::path& bundle, const ModelRecord& record) {
  check_record(record);
  require_agreement(record, read_bundle(bundle).manifest, bundle);
  const FileLock lock(state_->directory / "lock");
  require_origin(record);
  const bool there = model(record.id).has_value();
  const Stored stored = store_bundle(bundle, record.name, state_->bundles(), !there);
  if (stored == Stored::other_there) {
    throw InputError(printable(bundle.string()) + ": the store has " + record.id +
                     " with another manifest; register this one under another name");
  }
  if (there) return stored == Stored::put_in_place ? Added::mended : Added::already_there;
  insert(record);
  return Added::added;
}

void ModelStore::insert(const ModelRecord& record) {
  Transaction transaction(state_->database, Durability::now);
  const ModelBaseline baseline = record.baseline.value_or(ModelBaseline{});
  std::optional<double> threshold;
  std::optional<std::span<const double>> histogram;
  std::optional<std::int64_t> seed;
  if (record.baseline) threshold = baseline.threshold;
  if (record.baseline) histogram = baseline.histogram;
  if (record.seed) seed = static_cast<std::int64_t>(*record.seed);
  (*state_)->insert_model.run(record.id, record.name, record.task, record.parent_id, record.architecture,
                              record.patch_px, record.script_sha256, utc_now(), seed, record.training,
                              record.accuracy, baseline.rei_mean, baseline.rei_sd, threshold, histogram,
                              record.reason);
  for (const std::string& id : record.trained_from) (*state_)->insert_trained_from.run(record.id, id);
  transaction.commit();
}

std::vector<ModelRecord> ModelStore::models() const {
  std::vector<ModelRecord> models;
  for (Query row = (*state_)->all_models(); row.next();) models.push_back(model_of(row));
  for (ModelRecord& record : models) {
    for (Query scan = (*state_)->trained_from(record.id); scan.next();) {
      record.trained_from.push_back(scan.text(0));
    }
  }
  return models;
}

std::optional<ModelRecord> ModelStore::model(std::string_view id) const {
  return state_->model((*state_)->model_by_id(id));
}

std::optional<ModelRecord> ModelStore::active_model(std::string_view name) const {
  return state_->model((*state_)->active_model_by_name(name));
}

ModelRecord ModelStore::find_model(std::string_view text) const {
  if (auto found = model(text)) return *found;
  if (auto found = active_model(text)) return *found;
  std::vector<ModelRecord> begun;
  for (Query row = (*state_)->models_by_prefix(text); row.next();) begun.push_back(model_of(row));
  if (begun.size() == 1 && !text.empty()) return *model(begun.front().id);
  const std::string asked = "'" + printable(text, 256) + "'";
  if (begun.empty()) {
    std::vector<std::string> ids;
    for (const ModelRecord& record : models()) {
      ids.push_back(record.id);
      ids.push_back(record.name);
    }
    const auto guess = did_you_mean(text, std::vector<std::string_view>(ids.begin(), ids.end()));
    throw ConfigError(
        "there is no model " + asked + " in " + printable(state_->directory.string()) + "; " +
        (guess ? "did you mean '" + std::string(*guess) + "'?" : "`braggd model list` shows what there is"));
  }
  std::string some;
  for (const ModelRecord& record : begun) {
    some += (some.empty() ? "" : ", ") + record.id + " (" + std::string(name_of(record.status)) + ")";
  }
  throw ConfigError(asked + " may be any of " + some +
                    "; give more of the id, or make one the active model of its name: `braggd model promote "
                    "ID`");
}

void ModelStore::set_status(std::string_view model_id, ModelStatus status, std::string_view reason) {
  Transaction transaction(state_->database, Durability::now);
  if (status == ModelStatus::active) (*state_)->retire_active.run(model_id);
  (*state_)->set_status.run(model_id, name_of(status), printable(reason));
  if (state_->database.changed() == 0) {
    throw ConfigError("there is no model '" + printable(model_id, 256) + "' in " +
                      printable(state_->directory.string()) + "; `braggd model list` shows what there is");
  }
  transaction.commit();
}

void ModelStore::promote(std::string_view model_id, std::string_view reason) {
  if (model(model_id)) read_bundle(bundle(model_id));
  set_status(model_id, ModelStatus::active, reason);
}

void ModelStore::retire(std::string_view model_id, std::string_view reason) {
  set_status(model_id, ModelStatus::retired, reason);
}

void ModelStore::add_scan(const ScanRecord& record) {
  check_record(record);
  (*state_)->upsert_scan.run(record.id, record.file, record.file_bytes, record.file_modified_ns,
                             record.n_frames, record.first_omega_deg, record.last_omega_deg, record.detector,
                             record.load_mpa, utc_now());
}

void ModelStore::add_patch_set(const PatchSetRecord& record) {
  check_record(record);
  const fs::path file = state_->directory / record.file;
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(file, error);
  if (error) throw InputError(printable(file.string()) + ": cannot be registered: " + error.message());
  try {
    (*state_)->upsert_patch_set.run(record.id, record.scan_id, record.file, bytes, record.n_patches,
                                    record.threshold, record.patch_px, utc_now());
  } catch (const ConstraintError& refused) {
    if (scan(record.scan_id)) throw InputError(std::string(refused.what()) + ": " + record.file);
    throw InputError("the patches " + record.id + " are of the scan " + record.scan_id +
                     ", which is not registered; add that first");
  }
}

void ModelStore::add_score(const ScoreRecord& record) {
  check_record(record);
  try {
    (*state_)->upsert_score.run(record.scan_id, record.model_id, mode_name(record.mode), record.n_patches,
                                record.n_low, record.rei, record.rei_error, record.jsd,
                                name_of(record.decision), record.changed_frame, record.too_big_share,
                                utc_now());
  } catch (const ConstraintError& refused) {
    const bool scan_there = scan(record.scan_id).has_value();
    if (scan_there && model(record.model_id)) throw;
    throw InputError("a score names the " +
                     (scan_there ? "model '" + printable(record.model_id, 256)
                                 : "scan '" + printable(record.scan_id, 256)) +
                     "', which is not registered; add that first");
  }
}

std::optional<ScanRecord> ModelStore::scan(std::string_view id) const {
  Query row = (*state_)->scan_by_id(id);
  return row.next() ? std::optional(scan_of(row)) : std::nullopt;
}

std::uint64_t ModelStore::n_scans() const {
  Query row = (*state_)->count_scans();
  return row.next() ? row.count(0) : 0;
}

std::vector<PatchSetRecord> ModelStore::patch_sets(std::string_view scan_id) const {
  std::vector<PatchSetRecord> sets;
  for (Query row = (*state_)->patch_sets_by_scan(scan_id); row.next();) sets.push_back(patch_set_of(row));
  return sets;
}

std::vector<ScoreRecord> ModelStore::scores(std::string_view model_id) const {
  std::vector<ScoreRecord> scores;
  for (Query row = (*state_)->scores_by_model(model_id); row.next();) scores.push_back(score_of(row));
  return scores;
}

std::optional<ScoreRecord> ModelStore::score(std::string_view scan_id, std::string_view model_id,
                                             ReiMode mode) const {
  Query row = (*state_)->score_by_key(scan_id, model_id, mode_name(mode));
  return row.next() ? std::optional(score_of(row)) : std::nullopt;
}

std::vector<std::string> ModelStore::problems() const {
  return problems_of_store(state_->database, state_->directory);
}

}  // namespace braggd
