// The library of networks: writing scripts.
#include <sstream>
#include <type_traits>

#include "learning/script_writer.hpp"
#include "learning/torch_script.hpp"

namespace braggd {

torch::jit::Module make_module(const Script& script, bool trainable) {
  torch::jit::Module module("PeakNetwork");
  for (const auto& [name, weight] : script.weights) {
    at::Tensor tensor = at::empty(weight.shape, at::kFloat);
    if (static_cast<std::size_t>(tensor.numel()) != weight.values.size()) {
      throw std::runtime_error("the weight " + name + " has another number of values than its shape says");
    }
    std::copy(weight.values.begin(), weight.values.end(), tensor.data_ptr<float>());
    tensor.set_requires_grad(trainable);
    module.register_parameter(name, tensor, false);
  }
  module.define(script.source);
  return module;
}

extern "C" void braggd_write_script(const Script& script, std::vector<char>& out) {
  std::ostringstream stream(std::ios::binary);
  make_module(script, false).save(stream);
  const std::string bytes = stream.str();
  out.assign(bytes.begin(), bytes.end());
}

static_assert(std::is_same_v<decltype(braggd_write_script), WriteScript>);

}  // namespace braggd
