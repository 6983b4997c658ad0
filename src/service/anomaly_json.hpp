#pragma once

#include <nlohmann/json.hpp>

#include <braggd/anomaly.hpp>

namespace braggd {

/// What the score of a scan amounts to, as programs read it; numbers that are undefined are null.
nlohmann::ordered_json to_json(const AnomalySummary& anomaly);

/// The same with the band in which a scan of as many patches lies that has not changed; `baseline` null: without.
nlohmann::ordered_json to_json(const AnomalySummary& anomaly, const AnomalyBaseline* baseline);

}  // namespace braggd
