// The tables of metadata.sqlite.
#pragma once

#include "learning/sqlite_database.hpp"

namespace braggd {

/// Makes the tables of a new file and brings those of older versions up to date; other connections may do the same at the
/// same time. Throws InputError for a file of a newer version or of another program.
void prepare_tables(Database& database);

}  // namespace braggd
