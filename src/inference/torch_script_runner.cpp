// The library of networks: scripts.
#include <ATen/Parallel.h>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <torch/script.h>
#include <torch/version.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "inference/script_runner.hpp"
#include "inference/torch_device.hpp"
#include "inference/torch_script_load.hpp"

namespace braggd {

namespace {

template <class Function>
Function* openblas(const char* name) {
  return reinterpret_cast<Function*>(
      dlsym(RTLD_DEFAULT, name));  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

// OpenBLAS built for a single thread hands the same buffer to two threads that multiply at once, and products come out
// wrong; built with threads of its own it keeps them apart, and is told to use one.
bool blas_is_thread_safe() {
  static const bool safe = [] {
    if (auto* set_threads = openblas<void(int)>("openblas_set_num_threads")) set_threads(1);
    auto* kind = openblas<int()>("openblas_get_parallel");
    return kind == nullptr || kind() != 0;
  }();
  return safe;
}

// A script is a program: its steps are run as written, not profiled and rewritten between calls, so that the first call
// and the thousandth give the same bits. Threads of batches run side by side; within one there is a single thread.
struct OneThread {
  OneThread() { at::set_num_threads(1); }
};

class Running {
 public:
  Running() {
    static std::mutex one_at_a_time;
    thread_local const OneThread once;
    if (!blas_is_thread_safe()) turn_ = std::unique_lock(one_at_a_time);
  }

 private:
  std::unique_lock<std::mutex> turn_;
  c10::InferenceMode inference_;
  torch::jit::GraphOptimizerEnabledGuard as_written_{false};
};

[[noreturn]] void refuse(const std::string& what) {
  throw ConfigError("the model's script " + what + "; take the bundle anew from where it came");
}

std::string first_line(const std::exception& error) {
  const std::string_view text = error.what();
  return printable(text.substr(0, text.find('\n')), 200);
}

// Sizes and strides of a tensor come from the archive and are not held against the bytes behind them by all versions
// of LibTorch.
void check_extent(const at::Tensor& tensor) {
  if (tensor.layout() != at::kStrided || tensor.is_quantized()) refuse("holds a weight of an unknown kind");
  std::int64_t last = tensor.storage_offset();
  if (last < 0) refuse("holds a weight that begins before its bytes");
  for (std::int64_t i = 0; i < tensor.dim(); ++i) {
    if (tensor.size(i) < 1 || tensor.stride(i) < 0) refuse("holds a weight without a shape");
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.size(i) - 1, tensor.stride(i), &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      refuse("holds a weight that is too large");
    }
  }
  const auto bytes = static_cast<std::uint64_t>(tensor.element_size());
  if (static_cast<std::uint64_t>(last) >= tensor.storage().nbytes() / bytes) {
    refuse("holds a weight that reaches beyond its bytes");
  }
}

void check_weights(const torch::jit::Module& module, std::size_t archive_bytes) {
  std::set<const void*> storages;
  std::uint64_t total = 0;
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& tensor : module.parameters()) tensors.push_back(tensor);
  for (const at::Tensor& tensor : module.buffers()) tensors.push_back(tensor);
  for (const at::Tensor& tensor : tensors) {
    check_extent(tensor);
    if (storages.insert(tensor.storage().unsafeGetStorageImpl()).second) total += tensor.storage().nbytes();
  }
  if (total > archive_bytes) refuse("claims more weights than its file holds");
  for (const at::Tensor& tensor : tensors) {
    if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>()) {
      refuse("has weights that are not finite (NaN or infinity)");
    }
  }
}

class TorchScriptRunner final : public ScriptRunner {
 public:
  TorchScriptRunner(const std::vector<char>& bytes, const ScriptShape& shape, const std::string& device,
                    bool bfloat16);
  void run(std::span<float> input, std::span<float> output) const override;
  const std::string& device() const override { return device_name_; }

 private:
  ScriptShape shape_;
  torch::Device device_;
  std::string device_name_;
  at::ScalarType type_;
  torch::jit::Module module_;
};

TorchScriptRunner::TorchScriptRunner(const std::vector<char>& bytes, const ScriptShape& shape,
                                     const std::string& device, bool bfloat16)
    : shape_(shape),
      device_(chosen_device(device)),
      device_name_(device_.str()),
      type_(bfloat16 ? at::kBFloat16 : at::kFloat) {
  try {
    const c10::InferenceMode inference;
    torch::jit::Module module = load_script(bytes);
    module.eval();
    module.to(device_);
    if (bfloat16) module.to(at::kBFloat16);
    module_ = torch::jit::freeze(module);
    std::vector<float> input(shape_.input_floats());
    std::vector<float> output(shape_.batch * shape_.outputs);
    run(input, output);
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    refuse("does not run on its own input shape (" + first_line(error) + ")");
  }
}

void TorchScriptRunner::run(std::span<float> input, std::span<float> output) const {
  const Running running;
  const auto side = static_cast<std::int64_t>(shape_.patch_px);
  const auto batch = static_cast<std::int64_t>(input.size() / shape_.patch_floats());
  if (output.size() * shape_.patch_floats() != input.size() * shape_.outputs)
    throw std::invalid_argument("patches and answers of a script differ in number");
  at::Tensor taken =
      at::from_blob(input.data(), {batch, static_cast<std::int64_t>(shape_.channels), side, side}, at::kFloat)
          .to(device_, type_);
  torch::jit::Module module = module_;
  const torch::jit::IValue value = module.forward({std::move(taken)});
  if (!value.isTensor()) throw std::runtime_error("the answer is no tensor");
  const at::Tensor given = value.toTensor().to(at::kCPU, at::kFloat).contiguous();
  if (given.dim() != 2 || given.size(0) != batch ||
      given.size(1) != static_cast<std::int64_t>(shape_.outputs)) {
    std::ostringstream sizes;
    sizes << given.sizes();
    throw std::runtime_error("the answer has the shape " + sizes.str() + " where [" + std::to_string(batch) +
                             ", " + std::to_string(shape_.outputs) + "] is promised");
  }
  std::memcpy(output.data(), given.data_ptr<float>(), output.size_bytes());
}

std::string linear_algebra() {
  std::string text =
      "LibTorch " + std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR);
  Dl_info where{};
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr || dladdr(product, &where) == 0 || where.dli_fname == nullptr) {
    return text + ", BLAS of its own";
  }
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(where.dli_fname, error);
  const std::string name = error ? where.dli_fname : file.string();
  text += ", BLAS " + printable(name);
  if (name.find("/blas/") != std::string::npos) {
    text += " (the slow reference BLAS: install libopenblas0-pthread)";
  }
  if (!blas_is_thread_safe()) {
    text += " (not safe for threads, so batches wait for one another: install libopenblas0-pthread)";
  }
  return text;
}

}  // namespace

void use_one_thread() {
  at::set_num_threads(1);
  blas_is_thread_safe();
}

torch::jit::Module load_script(const std::vector<char>& bytes) {
  std::istringstream stream(std::string(bytes.data(), bytes.size()), std::ios::binary);
  torch::jit::Module module = torch::jit::load(stream, torch::kCPU);
  check_weights(module, bytes.size());
  return module;
}

extern "C" void braggd_make_script_runner(const std::vector<char>& bytes, const ScriptShape& shape,
                                          const std::string& device, bool bfloat16,
                                          std::unique_ptr<ScriptRunner>& out) {
  out = std::make_unique<TorchScriptRunner>(bytes, shape, device, bfloat16);
}

extern "C" void braggd_describe_linear_algebra(std::string& out) {
  out = linear_algebra();
}

static_assert(std::is_same_v<decltype(braggd_make_script_runner), MakeScriptRunner>);
static_assert(std::is_same_v<decltype(braggd_describe_linear_algebra), DescribeLinearAlgebra>);

}  // namespace braggd
