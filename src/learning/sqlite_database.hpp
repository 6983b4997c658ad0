// SQLite as the model store needs it: a connection, prepared statements, transactions, and failures in words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <braggd/error.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace braggd {

/// A row that the tables do not admit; `what()` names the constraint.
class ConstraintError : public InputError {
 public:
  using InputError::InputError;
};

/// One connection. Not for two threads at once, and not to be carried over a fork().
class Database {
 public:
  /// Opens `file`, or makes it where it is not there and `create` says so. What other connections hold is waited for as
  /// long as `busy_timeout_ms`. Throws OutputError where it cannot be opened.
  Database(std::filesystem::path file, bool create, int busy_timeout_ms);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements that give no rows, parted by semicolons.
  void run(const char* script);
  /// Rows that the last statement changed.
  std::int64_t changed() const;
  const std::filesystem::path& file() const { return file_; }
  sqlite3* connection() const { return connection_; }

  /// SQLite's last failure as an exception that names the file and says what to do: InputError where the file is at fault,
  /// ConstraintError where the row is, OutputError for all else.
  [[noreturn]] void fail(int code) const;

 private:
  std::filesystem::path file_;
  int busy_timeout_ms_;
  sqlite3* connection_ = nullptr;
};

/// One execution of a statement and its rows; it ends with its scope. Columns count from 0. What does not fit the type that
/// is asked for throws InputError: the file comes from outside.
class Query {
 public:
  explicit Query(const Database& database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool next();
  std::string text(int column) const;
  std::uint64_t count(int column) const;
  std::int64_t whole(int column) const;
  double number(int column) const;  ///< NaN for NULL
  std::vector<double> numbers(int column) const;
  bool is_null(int column) const;
  std::optional<std::string> text_or_null(int column) const;
  std::optional<std::uint64_t> count_or_null(int column) const;
  std::optional<double> number_or_null(int column) const;

 private:
  [[noreturn]] void damaged(int column, const char* what) const;
  const Database& database_;
  sqlite3_stmt* statement_;
};

/// Compiled once, executed often: `statement(a, b)` binds its parameters in their order and gives the rows.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  Query operator()(const Values&... values) {
    int at = 0;
    (bind(++at, values), ...);
    return Query(database_, statement_);
  }
  /// For statements without rows.
  template <class... Values>
  void run(const Values&... values) {
    (*this)(values...).next();
  }

 private:
  void bind(int at, std::string_view value);
  void bind(int at, const std::string& value) { bind(at, std::string_view(value)); }
  void bind(int at, std::int64_t value);
  void bind(int at, std::uint64_t value);  ///< below 2^63
  void bind(int at, std::uint32_t value) { bind(at, std::int64_t{value}); }
  void bind(int at, double value);  ///< NULL for NaN
  void bind(int at, std::span<const double> value);
  template <class Value>
  void bind(int at, const std::optional<Value>& value) {
    if (value) bind(at, *value);  // parameters are NULL until they are bound
  }
  void check(int code) const;

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// When a commit is on the disk. Either way no program's death undoes it.
enum class Durability : std::uint8_t {
  soon,  ///< with the next checkpoint: power that fails before takes it back, whole
  now,   ///< when commit() returns
};

/// Has the right to write from its beginning, so that nothing that it reads changes before it writes.
class Transaction {
 public:
  Transaction(Database& database, Durability durability);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace braggd
