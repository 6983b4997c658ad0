// Programs that the service starts, and never leaves behind.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace braggd {

/// Runs a program with its arguments, without a shell: `input` on its standard input, nothing of its standard output kept,
/// its errors among the service's. Returns when it has ended with 0. Throws OutputError where it cannot be run, ends
/// otherwise, or takes longer; then, and on a stop, its process group is killed.
void run_program(const std::vector<std::string>& words, const std::string& input,
                 std::chrono::steady_clock::duration patience, const std::stop_token& stop);

}  // namespace braggd
