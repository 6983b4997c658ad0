// How a scan ended, for people and for programs.
#pragma once

#include <string>

#include "pipeline/runner.hpp"

namespace braggd {

std::string report_text(const ScanReport& report);
std::string report_json(const ScanReport& report);

}  // namespace braggd
