#include <cstdio>
#include <exception>
#include <spdlog/spdlog.h>

#include <braggd/error.hpp>

#include "cli/cli.hpp"
#include "cli/exit_code.hpp"
#include "core/allocator.hpp"
#include "pipeline/problem.hpp"
#include "service/signals.hpp"

namespace {

int fail(int code, const std::exception& error) {
  std::fprintf(stderr, "braggd: %s\n", error.what());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  braggd::tune_allocator();
  braggd::ignore_write_signals();
  try {
    return braggd::run_cli(argc, argv);
  } catch (const braggd::ConfigProblems& problems) {
    std::fprintf(stderr, "%s\n", problems.what());
    return braggd::exit_config;
  } catch (const braggd::ConfigError& error) {
    return fail(braggd::exit_config, error);
  } catch (const braggd::InputError& error) {
    return fail(braggd::exit_input, error);
  } catch (const braggd::OutputError& error) {
    return fail(braggd::exit_output, error);
  } catch (const std::exception& error) {
    return fail(braggd::exit_failure, error);
  }
}
