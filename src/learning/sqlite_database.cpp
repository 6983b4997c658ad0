#include "learning/sqlite_database.hpp"

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <sqlite3.h>
#include <utility>

#include "core/text.hpp"
#include "formats/output_directory.hpp"

namespace braggd {

namespace {

// A model's row is a few KB; a file from elsewhere must not make this program allocate more.
constexpr int max_value_bytes = 16 << 20;

constexpr const char* how_to_rebuild =
    "; put back a copy, or move the file away and register the bundles anew: `braggd model import "
    "STORE/bundles/*`";

bool disk_is_full(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT;
}

}  // namespace

Database::Database(std::filesystem::path file, bool create, int busy_timeout_ms)
    : file_(std::move(file)), busy_timeout_ms_(busy_timeout_ms) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(file_.c_str(), &connection_, flags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(connection_, 1);
    sqlite3_busy_timeout(connection_, busy_timeout_ms_);
    sqlite3_limit(connection_, SQLITE_LIMIT_LENGTH, max_value_bytes);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    run("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON");
  } catch (...) {
    sqlite3_close_v2(connection_);
    throw;
  }
}

Database::~Database() {
  sqlite3_close_v2(connection_);
}

void Database::run(const char* script) {
  const int code = sqlite3_exec(connection_, script, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::changed() const {
  return sqlite3_changes64(connection_);
}

void Database::fail(int code) const {
  const std::string name = printable(file_.string()) + ": ";
  const std::string said =
      printable(connection_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection_), 300);
  const bool of_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  const int system_error = of_system && connection_ != nullptr ? sqlite3_system_errno(connection_) : 0;
  if (disk_is_full(code, system_error)) {
    throw OutputError(name + "the disk is full; make room, nothing is damaged");
  }
  const std::string why = said + (system_error != 0 ? ", " + errno_text(system_error) : std::string());
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw OutputError(name + "another program has kept it locked for more than " +
                        std::to_string(busy_timeout_ms_ / 1000) +
                        " s; try again when that is done (`fuser` on the file says who it is)");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw OutputError(name + "cannot be written (" + why +
                        "); a store's directory and files must be yours to write");
    case SQLITE_CANTOPEN:
      throw OutputError(
          name + "cannot be opened (" + why +
          "); a store's directory must be there and yours to write, even if it is only read from");
    case SQLITE_NOTADB:
      throw InputError(name + "is not a database" + how_to_rebuild);
    case SQLITE_CORRUPT:
      throw InputError(name + "is damaged (" + why + ")" + how_to_rebuild);
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      throw InputError(name + "has not the tables of a model store (" + why + ")" + how_to_rebuild);
    case SQLITE_CONSTRAINT:
      throw ConstraintError(name + "does not admit the row (" + said + ")");
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      throw InputError(name + said);
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    default:
      throw OutputError(name + "cannot be read or written (" + why + "); is the disk in order?");
  }
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Query::damaged(int column, const char* what) const {
  throw InputError(printable(database_.file().string()) + ": holds a row whose " +
                   sqlite3_column_name(statement_, column) + " is " + what + how_to_rebuild);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string Query::text(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) damaged(column, "no text");
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int n_bytes = sqlite3_column_bytes(statement_, column);
  return n_bytes == 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(n_bytes));
}

std::int64_t Query::whole(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) damaged(column, "no whole number");
  return sqlite3_column_int64(statement_, column);
}

std::uint64_t Query::count(int column) const {
  const std::int64_t value = whole(column);
  if (value < 0) damaged(column, "negative");
  return static_cast<std::uint64_t>(value);
}

double Query::number(int column) const {
  if (is_null(column)) return std::numeric_limits<double>::quiet_NaN();
  if (sqlite3_column_type(statement_, column) != SQLITE_FLOAT) damaged(column, "no number");
  return sqlite3_column_double(statement_, column);
}

std::vector<double> Query::numbers(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) damaged(column, "no list of numbers");
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto n_bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (n_bytes % sizeof(double) != 0) damaged(column, "no list of numbers");
  std::vector<double> values(n_bytes / sizeof(double));
  if (!values.empty()) std::memcpy(values.data(), bytes, n_bytes);
  return values;
}

std::optional<std::string> Query::text_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<std::uint64_t> Query::count_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(count(column));
}

std::optional<double> Query::number_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(number(column));
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  check(sqlite3_prepare_v3(database.connection(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail(code);
}

void Statement::bind(int at, std::string_view value) {
  check(sqlite3_bind_text64(statement_, at, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

void Statement::bind(int at, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, at, value));
}

void Statement::bind(int at, std::uint64_t value) {
  if (!std::in_range<std::int64_t>(value)) {
    throw InputError(printable(database_.file().string()) + ": holds no number as large as " +
                     std::to_string(value));
  }
  bind(at, static_cast<std::int64_t>(value));
}

void Statement::bind(int at, double value) {
  check(sqlite3_bind_double(statement_, at, value));
}

void Statement::bind(int at, std::span<const double> value) {
  static_assert(std::endian::native == std::endian::little, "blobs of numbers are little-endian");
  check(sqlite3_bind_blob64(statement_, at, value.data(), value.size_bytes(), SQLITE_TRANSIENT));
}

Transaction::Transaction(Database& database, Durability durability) : database_(database) {
  database_.run(durability == Durability::now ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  database_.run("BEGIN IMMEDIATE");
}

// Statements outside of transactions are single appends, which need not wait for the disk.
Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_.connection(), "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_exec(database_.connection(), "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace braggd
