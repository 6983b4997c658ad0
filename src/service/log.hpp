#pragma once

#include <string>

namespace braggd {

/// Sends the log as key=value lines to standard error, or to the journal where that is the same; `level`: debug, info, warn, error, off. With a progress bar on
/// the terminal each line first clears the bar. Throws ConfigError for an unknown level.
void set_up_log(const std::string& level);

/// Whether standard error is a terminal, where a progress bar can be drawn.
bool log_is_terminal();

}  // namespace braggd
