// Runs a source through a pipeline in the foreground: signals, progress, reports.
#pragma once

#include <functional>
#include <string>

#include "pipeline/plan.hpp"

namespace braggd {

struct SessionOptions {
  bool json = false;     ///< a line of JSON a scan on standard output instead of text
  bool progress = true;  ///< false: no progress display
  std::function<void(const std::string&)> print;  ///< of the service: takes each scan's report
};

struct SessionResult {
  std::uint64_t scans = 0;
  ExitStatus worst = ExitStatus::complete;
  bool output_failed = false;  ///< a result could not be written
};

/// The first lines of the log.
void log_start(const Plan& plan);

/// Delivers every scan of the source that `plan` names. Throws ConfigError where the source cannot be built.
SessionResult run_session(Plan plan, const SessionOptions& options);

}  // namespace braggd
