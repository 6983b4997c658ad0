#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace braggd {

/// The answer of /api/v1/status in some twenty lines; `colours`: with a terminal's.
std::string status_screen(const nlohmann::ordered_json& status, bool colours);

}  // namespace braggd
