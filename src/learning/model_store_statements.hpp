// The statements of a model store, and its records from rows.
#pragma once

#include "learning/model_records.hpp"
#include "learning/sqlite_database.hpp"

namespace braggd {

struct ModelStoreStatements {
  explicit ModelStoreStatements(Database& database);

  Statement insert_model, insert_trained_from;
  Statement all_models, model_by_id, active_model_by_name, models_by_prefix, trained_from;
  Statement set_status, retire_active;
  Statement upsert_scan, scan_by_id, count_scans;
  Statement upsert_patch_set, patch_sets_by_scan;
  Statement upsert_score, scores_by_model, score_by_key;
};

/// Of a row of a statement that gives models; `trained_from` is filled in by another. Throws InputError for what this
/// program would not have written.
ModelRecord model_of(const Query& row);
ScanRecord scan_of(const Query& row);
PatchSetRecord patch_set_of(const Query& row);
ScoreRecord score_of(const Query& row);
ModelStatus status_of(std::string_view name);

std::string_view mode_name(ReiMode mode);

}  // namespace braggd
