// What the service says of itself, as programs read it.
#pragma once

#include <nlohmann/json.hpp>

#include "service/daemon.hpp"
#include "service/watchman.hpp"

namespace braggd {

nlohmann::ordered_json status_json(Daemon& daemon, const RateHistory& rates);
nlohmann::ordered_json alarms_json(const AlarmBoard& alarms);
nlohmann::ordered_json profile_json(const Daemon& daemon);
nlohmann::ordered_json pipeline_json(const Daemon& daemon);

/// A scan that is open or being finished.
nlohmann::ordered_json live_scan_json(const PassingScan& scan, ServiceState state);

}  // namespace braggd
