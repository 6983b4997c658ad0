#include "learning/model_store_schema.hpp"

#include <array>
#include <string>

#include "core/text.hpp"
#include "learning/file_lock.hpp"

namespace braggd {

namespace {

// "brgd", in SQLite's header: `file` and others tell by it whose a database is.
constexpr std::int64_t application_id = 0x62726764;

constexpr const char* first_tables = R"(
CREATE TABLE models (
  id TEXT NOT NULL PRIMARY KEY CHECK (id = name || '@' || substr(script_sha256, 1, 12)),
  name TEXT NOT NULL,
  task TEXT NOT NULL,
  parent_id TEXT REFERENCES models (id),
  architecture TEXT NOT NULL,
  patch_px INTEGER NOT NULL,
  script_sha256 TEXT NOT NULL CHECK (length(script_sha256) = 64),
  created TEXT NOT NULL,
  seed INTEGER,                                   -- unsigned, its bits
  training TEXT NOT NULL,
  accuracy TEXT NOT NULL,
  baseline_rei_mean REAL,
  baseline_rei_sd REAL,
  threshold REAL CHECK ((threshold IS NULL) = (histogram IS NULL)),
  histogram BLOB CHECK (length(histogram) % 8 = 0),   -- doubles, little-endian
  n_clusters INTEGER AS (length(histogram) / 8) VIRTUAL,
  status TEXT NOT NULL CHECK (status IN ('candidate', 'active', 'retired')),
  reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_active_model_of_a_name ON models (name) WHERE status = 'active';
CREATE INDEX models_by_name ON models (name, created);

CREATE TABLE scans (
  id TEXT NOT NULL PRIMARY KEY,
  file TEXT NOT NULL,
  file_bytes INTEGER NOT NULL CHECK (file_bytes >= 0),
  file_modified_ns INTEGER NOT NULL,
  n_frames INTEGER NOT NULL CHECK (n_frames >= 0),
  first_omega_deg REAL,
  last_omega_deg REAL,
  detector TEXT NOT NULL,
  load_mpa REAL,
  added TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE patch_sets (
  id TEXT NOT NULL PRIMARY KEY,
  scan_id TEXT NOT NULL REFERENCES scans (id),
  file TEXT NOT NULL UNIQUE,
  file_bytes INTEGER NOT NULL CHECK (file_bytes >= 0),
  n_patches INTEGER NOT NULL CHECK (n_patches >= 0),
  threshold REAL NOT NULL,
  patch_px INTEGER NOT NULL,
  added TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX patch_sets_by_scan ON patch_sets (scan_id);

CREATE TABLE scores (
  scan_id TEXT NOT NULL REFERENCES scans (id),
  model_id TEXT NOT NULL REFERENCES models (id),
  mode TEXT NOT NULL CHECK (mode IN ('stream', 'compat')),
  n_patches INTEGER NOT NULL CHECK (n_patches >= 0),
  n_low INTEGER NOT NULL CHECK (n_low BETWEEN 0 AND n_patches),
  rei REAL,
  rei_error REAL,
  jsd REAL,
  decision TEXT NOT NULL CHECK (decision IN ('undecided', 'normal', 'changed')),
  changed_frame INTEGER CHECK (changed_frame >= 0),
  too_big_share REAL,
  scored TEXT NOT NULL,
  PRIMARY KEY (scan_id, model_id, mode)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_by_model ON scores (model_id, scan_id, mode);

CREATE TABLE trained_from (
  model_id TEXT NOT NULL REFERENCES models (id),
  scan_id TEXT NOT NULL REFERENCES scans (id),
  PRIMARY KEY (model_id, scan_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX trained_from_by_scan ON trained_from (scan_id);
)";

// Element i leads from version i to version i + 1 (SQLite's user_version). What was released is never changed, only
// followed by another.
constexpr std::array migrations{first_tables};
constexpr std::int64_t newest_version = migrations.size();

std::int64_t number(Database& database, const char* sql) {
  Statement statement(database, sql);
  Query query = statement();
  return query.next() ? query.whole(0) : 0;
}

std::int64_t version_of(Database& database) {
  const std::string name = printable(database.file().string());
  const std::int64_t version = number(database, "PRAGMA user_version");
  // In this order: another connection may commit all of it in between.
  const bool empty = number(database, "SELECT count(*) FROM sqlite_schema") == 0;
  if (!empty && number(database, "PRAGMA application_id") != application_id) {
    throw InputError(name + ": is another program's database; name a directory of its own for the store");
  }
  if (version > newest_version) {
    throw InputError(name + ": was written by a newer braggd (version " + std::to_string(version) +
                     " of the tables, this program knows " + std::to_string(newest_version) +
                     "); use that braggd, or a store of its own for this one");
  }
  if (version < 0) throw InputError(name + ": has a negative version, so it is not a model store's");
  return version;
}

void require_wal(Database& database) {
  Statement statement(database, "PRAGMA journal_mode = WAL");
  Query query = statement();
  if (query.next() && query.text(0) == "wal") return;
  throw OutputError(
      printable(database.file().string()) +
      ": its file system does not have what several writers need (SQLite's write-ahead log); put "
      "the store on a local disk");
}

}  // namespace

void prepare_tables(Database& database) {
  if (version_of(database) == newest_version) return;
  const FileLock lock(database.file().parent_path() / "lock");  // one at a time may turn the log on
  require_wal(database);
  Transaction transaction(database, Durability::now);
  for (std::int64_t version = version_of(database); version < newest_version; ++version) {
    database.run(migrations[static_cast<std::size_t>(version)]);
  }
  database.run(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  database.run(("PRAGMA user_version = " + std::to_string(newest_version)).c_str());
  transaction.commit();
}

}  // namespace braggd
