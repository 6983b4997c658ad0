#pragma once

#include <string>

#include <braggd/anomaly.hpp>

namespace braggd {

/// "REI 0.1806 +- 0.0025 of 24124 patches, JSD 0.0826, 9.69 % too big: changed since frame 39".
std::string anomaly_text(const AnomalySummary& anomaly);

}  // namespace braggd
