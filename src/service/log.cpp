#include "service/log.hpp"

#include <array>
#include <cstdlib>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include <braggd/error.hpp>

namespace braggd {

namespace {

// Whether standard error goes to the journal: systemd names its device and inode (systemd.exec(5), $JOURNAL_STREAM).
bool is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat facts {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &facts) != 0) return false;
  return std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino) == stream;
}

}  // namespace

bool log_is_terminal() {
  return ::isatty(STDERR_FILENO) != 0;
}

void set_up_log(const std::string& level) {
  constexpr std::array<std::string_view, 5> levels{"debug", "info", "warn", "error", "off"};
  bool known = false;
  for (const auto name : levels) known = known || name == level;
  if (!known)
    throw ConfigError("unknown log level '" + level + "': it is one of debug, info, warn, error, off",
                      "log-level");
  auto logger = spdlog::get("braggd");
  const bool journal = is_journal();
  if (!logger) {
    logger = journal ? spdlog::create<spdlog::sinks::systemd_sink_mt>("braggd", "braggd", true)
                     : spdlog::stderr_logger_mt("braggd");
  }
  // warn is spelled "warn" on our command lines and "warning" in spdlog's lines
  logger->set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
  // The journal has times and levels of its own.
  logger->set_pattern(journal ? "%v"
                              : std::string(log_is_terminal() ? "\r\033[K" : "") +
                                    "%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace braggd
