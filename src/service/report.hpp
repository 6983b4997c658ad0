// How a scan ended, for people and for programs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <braggd/ledger.hpp>

#include "pipeline/runner.hpp"

namespace braggd {

/// The ledger's counts by name, in the order of the result file; zero drops are left out.
std::vector<std::pair<std::string, std::uint64_t>> ledger_rows(const Ledger& ledger);

std::string report_text(const ScanReport& report);
std::string report_json(const ScanReport& report);

}  // namespace braggd
