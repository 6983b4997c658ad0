#pragma once

#include "cli/exit_code.hpp"
#include "service/session.hpp"

namespace braggd {

/// What the scans of a session make of the exit code.
inline int exit_code_of(const SessionResult& result) {
  if (result.output_failed) return exit_output;
  return result.worst == ExitStatus::complete ? exit_ok : exit_input;
}

}  // namespace braggd
