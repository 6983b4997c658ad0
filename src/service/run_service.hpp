// `braggd run`: the daemon with all that watches it.
#pragma once

#include "service/daemon.hpp"

namespace braggd {

/// Runs until the source has no more scans or a signal comes: SIGINT or SIGTERM drains, a second aborts, a third ends the
/// process; SIGHUP reloads. Throws ConfigError where source or HTTP address cannot be had.
SessionResult run_service(const Configurations::Loader& load, SessionOptions options);

}  // namespace braggd
