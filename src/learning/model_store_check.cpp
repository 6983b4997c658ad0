#include "learning/model_store_check.hpp"

#include <set>
#include <system_error>

#include "core/text.hpp"
#include "learning/model_store_statements.hpp"
#include "learning/stored_bundles.hpp"

namespace braggd {

namespace {

namespace fs = std::filesystem;
using Problems = std::vector<std::string>;

void check_file(Database& database, Problems& problems) {
  Statement pages(database, "PRAGMA integrity_check(20)");
  for (Query row = pages(); row.next();) {
    if (const std::string said = row.text(0); said != "ok") {
      problems.push_back(printable(database.file().string()) + ": " + printable(said, 500));
    }
  }
  Statement references(database, "PRAGMA foreign_key_check");
  for (Query row = references(); row.next();) {
    problems.push_back(printable(database.file().string()) + ": a row of " + printable(row.text(0), 64) +
                       " names one of " + printable(row.text(2), 64) + " that is not there");
  }
}

void check_bundles(Database& database, const fs::path& bundles, Problems& problems) {
  std::set<std::string> expected;
  ModelStoreStatements statements(database);
  for (Query row = statements.all_models(); row.next();) {
    const std::string id = model_of(row).id;
    expected.insert(id);
    if (std::string trouble = trouble_of_bundle(bundles, id); !trouble.empty()) {
      problems.push_back(std::move(trouble));
    }
  }
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(bundles, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || expected.contains(name))
      continue;  // an unfinished copy goes with the next one
    problems.push_back(printable(entry.path().string()) +
                       ": belongs to no registered model; `braggd model import` registers it, or remove it");
  }
}

void check_patches(Database& database, const fs::path& directory, Problems& problems) {
  Statement sets(database, "SELECT file, file_bytes FROM patch_sets ORDER BY id");
  for (Query row = sets(); row.next();) {
    const fs::path file = directory / row.text(0);
    std::error_code error;
    const std::uint64_t bytes = fs::file_size(file, error);
    if (error) {
      problems.push_back(printable(file.string()) + ": " + error.message());
    } else if (bytes != row.count(1)) {
      problems.push_back(printable(file.string()) + ": has " + std::to_string(bytes) + " bytes, and had " +
                         std::to_string(row.count(1)) + " when it was registered");
    }
  }
}

}  // namespace

std::vector<std::string> problems_of_store(Database& database, const fs::path& directory) {
  Problems problems;
  check_file(database, problems);
  check_bundles(database, directory / "bundles", problems);
  check_patches(database, directory, problems);
  return problems;
}

}  // namespace braggd
