#include "learning/model_store_statements.hpp"

#include <array>
#include <bit>

#include "core/text.hpp"

namespace braggd {

namespace {

#define MODEL_COLUMNS                                                                                     \
  "id, name, task, parent_id, architecture, patch_px, script_sha256, created, seed, training, accuracy, " \
  "baseline_rei_mean, baseline_rei_sd, threshold, histogram, status, reason"
#define SCAN_COLUMNS                                                                                        \
  "id, file, file_bytes, file_modified_ns, n_frames, first_omega_deg, last_omega_deg, detector, load_mpa, " \
  "added"
#define PATCH_SET_COLUMNS "id, scan_id, file, file_bytes, n_patches, threshold, patch_px, added"
#define SCORE_COLUMNS                                                                                        \
  "scan_id, model_id, mode, n_patches, n_low, rei, rei_error, jsd, decision, changed_frame, too_big_share, " \
  "scored"

template <class Enum, std::size_t n, class NameOf>
Enum named(std::string_view name, const std::array<Enum, n>& values, NameOf name_of_value) {
  for (const Enum value : values) {
    if (name_of_value(value) == name) return value;
  }
  throw InputError("the metadata table of the model store holds the word '" + printable(name, 64) +
                   "' where it does not belong; put back a copy of the table");
}

}  // namespace

std::string_view mode_name(ReiMode mode) {
  return mode == ReiMode::stream ? "stream" : "compat";
}

ModelStoreStatements::ModelStoreStatements(Database& database)
    : insert_model(database, "INSERT INTO models (" MODEL_COLUMNS
                             ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
                             "'candidate', ?16)"),
      insert_trained_from(database, "INSERT OR IGNORE INTO trained_from (model_id, scan_id) VALUES (?1, ?2)"),
      all_models(database, "SELECT " MODEL_COLUMNS " FROM models ORDER BY name, created, id"),
      model_by_id(database, "SELECT " MODEL_COLUMNS " FROM models WHERE id = ?1"),
      active_model_by_name(database,
                           "SELECT " MODEL_COLUMNS " FROM models WHERE name = ?1 AND status = 'active'"),
      models_by_prefix(
          database,
          "SELECT " MODEL_COLUMNS
          " FROM models WHERE id >= ?1 AND id < ?1 || char(0x10ffff) ORDER BY name, created, id LIMIT 6"),
      trained_from(database, "SELECT scan_id FROM trained_from WHERE model_id = ?1 ORDER BY scan_id"),
      set_status(database, "UPDATE models SET status = ?2, reason = ?3 WHERE id = ?1"),
      retire_active(
          database,
          "UPDATE models SET status = 'retired', reason = 'replaced by ' || ?1 "
          "WHERE status = 'active' AND id <> ?1 AND name = (SELECT name FROM models WHERE id = ?1)"),
      upsert_scan(
          database,
          "INSERT INTO scans (" SCAN_COLUMNS
          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET "
          "file = excluded.file, file_bytes = excluded.file_bytes, file_modified_ns = "
          "excluded.file_modified_ns, n_frames = excluded.n_frames, first_omega_deg = "
          "excluded.first_omega_deg, last_omega_deg = excluded.last_omega_deg, detector = excluded.detector, "
          "load_mpa = excluded.load_mpa"),
      scan_by_id(database, "SELECT " SCAN_COLUMNS " FROM scans WHERE id = ?1"),
      count_scans(database, "SELECT count(*) FROM scans"),
      upsert_patch_set(database, "INSERT INTO patch_sets (" PATCH_SET_COLUMNS
                                 ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET "
                                 "scan_id = excluded.scan_id, file = excluded.file, file_bytes = "
                                 "excluded.file_bytes, n_patches = excluded.n_patches, threshold = "
                                 "excluded.threshold, patch_px = excluded.patch_px"),
      patch_sets_by_scan(database,
                         "SELECT " PATCH_SET_COLUMNS " FROM patch_sets WHERE scan_id = ?1 ORDER BY id"),
      upsert_score(
          database,
          "INSERT INTO scores (" SCORE_COLUMNS
          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (scan_id, model_id, "
          "mode) "
          "DO UPDATE SET n_patches = excluded.n_patches, n_low = excluded.n_low, rei = excluded.rei, "
          "rei_error "
          "= excluded.rei_error, jsd = excluded.jsd, decision = excluded.decision, changed_frame = "
          "excluded.changed_frame, too_big_share = excluded.too_big_share, scored = excluded.scored"),
      scores_by_model(database,
                      "SELECT " SCORE_COLUMNS " FROM scores WHERE model_id = ?1 ORDER BY scan_id, mode"),
      score_by_key(database, "SELECT " SCORE_COLUMNS
                             " FROM scores WHERE scan_id = ?1 AND model_id = ?2 AND mode = ?3") {}

ModelStatus status_of(std::string_view name) {
  return named(name, std::array{ModelStatus::candidate, ModelStatus::active, ModelStatus::retired},
               [](ModelStatus value) { return name_of(value); });
}

ModelRecord model_of(const Query& row) {
  ModelRecord record;
  record.id = row.text(0);
  record.name = row.text(1);
  record.task = row.text(2);
  record.parent_id = row.text_or_null(3);
  record.architecture = row.text(4);
  record.patch_px = static_cast<std::uint32_t>(row.count(5));
  record.script_sha256 = row.text(6);
  record.created = row.text(7);
  if (!row.is_null(8)) record.seed = std::bit_cast<std::uint64_t>(row.whole(8));
  record.training = row.text(9);
  record.accuracy = row.text(10);
  if (!row.is_null(14)) {
    record.baseline = ModelBaseline{row.number(11), row.number(12), row.number(13), row.numbers(14)};
  }
  record.status = status_of(row.text(15));
  record.reason = row.text(16);
  check_record(record);  // among other things the id, which becomes a path
  return record;
}

ScanRecord scan_of(const Query& row) {
  return {row.text(0),           row.text(1),           row.count(2), row.whole(3),          row.count(4),
          row.number_or_null(5), row.number_or_null(6), row.text(7),  row.number_or_null(8), row.text(9)};
}

PatchSetRecord patch_set_of(const Query& row) {
  PatchSetRecord record{row.text(0),
                        row.text(1),
                        row.text(2),
                        row.count(3),
                        row.count(4),
                        row.number(5),
                        static_cast<std::uint32_t>(row.count(6)),
                        row.text(7)};
  check_record(record);  // its file is a path
  return record;
}

ScoreRecord score_of(const Query& row) {
  ScoreRecord record;
  record.scan_id = row.text(0);
  record.model_id = row.text(1);
  record.mode = named(row.text(2), std::array{ReiMode::stream, ReiMode::compat}, mode_name);
  record.n_patches = row.count(3);
  record.n_low = row.count(4);
  record.rei = row.number(5);
  record.rei_error = row.number(6);
  record.jsd = row.number(7);
  record.decision = named(
      row.text(8), std::array{AnomalyDecision::undecided, AnomalyDecision::normal, AnomalyDecision::changed},
      [](AnomalyDecision value) { return name_of(value); });
  record.changed_frame = row.count_or_null(9);
  record.too_big_share = row.number(10);
  record.scored = row.text(11);
  return record;
}

}  // namespace braggd
