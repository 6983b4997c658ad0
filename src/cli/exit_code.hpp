// Exit codes, after sysexits(3); every verb's --help names them.
#pragma once

namespace braggd {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;  ///< unexpected
inline constexpr int exit_usage = 64;   ///< the command line is wrong
inline constexpr int exit_input = 65;   ///< a scan cannot be read, or came out incomplete
inline constexpr int exit_output = 74;  ///< a result cannot be written
inline constexpr int exit_config = 78;  ///< the pipeline file or an option's value is wrong

}  // namespace braggd
