// In place of script_module.cpp in a build without LibTorch.
#include <braggd/error.hpp>

#include "inference/script_module.hpp"

namespace braggd {

struct ScriptModule::Loaded {};

ScriptModule::ScriptModule(const std::vector<char>&, const ScriptShape& shape, const std::string&, bool)
    : shape_(shape) {
  throw ConfigError(
      "networks need a build with LibTorch, which this is not; install libtorch-dev and build again, or "
      "locate "
      "peaks by a centroid");
}

ScriptModule::~ScriptModule() = default;
ScriptModule::ScriptModule(ScriptModule&&) noexcept = default;
ScriptModule& ScriptModule::operator=(ScriptModule&&) noexcept = default;

void ScriptModule::run(std::span<float>, std::span<float>) const {}

bool networks_available() {
  return false;
}

std::string linear_algebra_in_use() {
  return "built without LibTorch: no networks";
}

}  // namespace braggd
