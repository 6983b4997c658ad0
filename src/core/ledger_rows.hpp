#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <braggd/ledger.hpp>

namespace braggd {

/// The counts of a ledger by name, in the order in which people and files have them; every drop reason has its row.
/// Bytes and times are not among them.
std::vector<std::pair<std::string, std::uint64_t>> ledger_rows(const Ledger& ledger);

}  // namespace braggd
