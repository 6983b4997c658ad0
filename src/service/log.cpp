#include "service/log.hpp"

#include <array>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <string_view>
#include <unistd.h>

#include <braggd/error.hpp>

namespace braggd {

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
  if (!logger) logger = spdlog::stderr_logger_mt("braggd");
  // warn is spelled "warn" on our command lines and "warning" in spdlog's lines
  logger->set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
  logger->set_pattern(std::string(log_is_terminal() ? "\r\033[K" : "") +
                      "%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

}  // namespace braggd
