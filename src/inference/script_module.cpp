#include "inference/script_module.hpp"

#include "inference/network_library.hpp"
#include "inference/script_runner.hpp"

namespace braggd {

ScriptModule::ScriptModule(const std::vector<char>& bytes, const ScriptShape& shape,
                           const std::string& device, bool bfloat16) {
  network_function_as<MakeScriptRunner>("braggd_make_script_runner")(bytes, shape, device, bfloat16, runner_);
}

ScriptModule::~ScriptModule() = default;
ScriptModule::ScriptModule(ScriptModule&&) noexcept = default;
ScriptModule& ScriptModule::operator=(ScriptModule&&) noexcept = default;

void ScriptModule::run(std::span<float> input, std::span<float> output) const {
  runner_->run(input, output);
}

const std::string& ScriptModule::device() const {
  return runner_->device();
}

std::string linear_algebra_in_use() {
  if (!networks_available()) return "without LibTorch: no networks";
  std::string text;
  network_function_as<DescribeLinearAlgebra>("braggd_describe_linear_algebra")(text);
  return text;
}

}  // namespace braggd
