// Is everything in a model store that should be, and nothing else?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "learning/sqlite_database.hpp"

namespace braggd {

/// What is wrong with the store in `directory`, a sentence each: the file, its references, bundles, files of patches.
/// Throws InputError where the file is so damaged that it cannot be looked through.
std::vector<std::string> problems_of_store(Database& database, const std::filesystem::path& directory);

}  // namespace braggd
