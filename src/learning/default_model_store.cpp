#include <cstdlib>

#include <braggd/error.hpp>

#include "learning/model_store.hpp"

namespace braggd {

namespace {

std::filesystem::path path_in(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path default_model_store() {
  if (auto named = path_in("BRAGGD_MODELS"); !named.empty()) return named;
  if (const auto data = path_in("XDG_DATA_HOME"); data.is_absolute()) return data / "braggd/models";
  if (const auto home = path_in("HOME"); !home.empty()) return home / ".local/share/braggd/models";
  throw ConfigError(
      "HOME is not set, so there is no default model store; name one with --store or BRAGGD_MODELS", "store");
}

}  // namespace braggd
