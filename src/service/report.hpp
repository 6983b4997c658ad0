// How a scan ended, for people and for programs.
#pragma once

#include <string>

#include "pipeline/runner.hpp"

namespace braggd {

std::string report_text(const ScanReport& report);
std::string report_json(const ScanReport& report);

/// What came beside all scans; the text is empty where nothing did, the line of JSON is always there.
std::string strays_text(const Strays& strays);
std::string strays_json(const Strays& strays);

}  // namespace braggd
