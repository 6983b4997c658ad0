// A store to be tried, what it says, and ways to write past it.
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <string>

#include "learning/model_store.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/learning/tiny_bundles.hpp"

namespace braggd {

/// What is said by the expected kind of exception.
template <class Error, class Function>
std::string refused_with(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

inline void execute(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

class ModelStoreTest : public testing::Test {
 protected:
  /// Registers a model made for it.
  std::string add(ModelStore& store, const std::string& name, const std::string& content,
                  std::optional<ModelBaseline> baseline = std::nullopt) {
    ModelRecord record = record_of(write_tiny_bundle(work_ / "bundle", name, content));
    record.baseline = std::move(baseline);
    EXPECT_EQ(store.add_model(work_ / "bundle", record), ModelStore::Added::added);
    return record.id;
  }
  std::filesystem::path table() const { return work_ / "store/metadata.sqlite"; }

  TemporaryDirectory work_;
  ModelStore store_ = ModelStore::open(work_ / "store");
};

}  // namespace braggd
