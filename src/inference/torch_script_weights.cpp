// The library of networks: taking weights out of scripts.
#include <torch/script.h>
#include <type_traits>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "inference/script_weights.hpp"
#include "inference/torch_script_load.hpp"

namespace braggd {

namespace {

// An expanded tensor shows few bytes as many numbers: `floats_left` bounds what all of them together take.
Weight weight_of(const std::string& name, const at::Tensor& tensor, std::size_t& floats_left) {
  if (tensor.scalar_type() != at::kFloat) {
    throw ConfigError("the weight " + printable(name, 64) + " is not of float32");
  }
  std::size_t n = 1;
  for (const std::int64_t size : tensor.sizes()) {
    if (__builtin_mul_overflow(n, static_cast<std::size_t>(size), &n) || n > floats_left) {
      throw ConfigError("claims more weights than its file holds");
    }
  }
  floats_left -= n;
  const at::Tensor dense = tensor.detach().contiguous();
  return {tensor.sizes().vec(), {dense.data_ptr<float>(), dense.data_ptr<float>() + n}};
}

}  // namespace

extern "C" void braggd_read_script_weights(const std::vector<char>& bytes, NamedWeights& out) {
  try {
    const torch::jit::Module module = load_script(bytes);
    std::size_t floats_left = bytes.size() / sizeof(float);
    out.clear();
    for (const auto& parameter : module.named_parameters()) {
      out.emplace(parameter.name, weight_of(parameter.name, parameter.value, floats_left));
    }
    for (const auto& buffer : module.named_buffers()) {
      out.emplace(buffer.name, weight_of(buffer.name, buffer.value, floats_left));
    }
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    const std::string_view text = error.what();
    throw ConfigError("the model's script cannot be read (" +
                      printable(text.substr(0, text.find('\n')), 200) +
                      "); take the bundle anew from where it came");
  }
}

static_assert(std::is_same_v<decltype(braggd_read_script_weights), ReadScriptWeights>);

}  // namespace braggd
