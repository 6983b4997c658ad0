#pragma once

namespace braggd {

/// Parses the command line, runs the verb and returns its exit code. Throws what the verb throws.
int run_cli(int argc, char** argv);

}  // namespace braggd
