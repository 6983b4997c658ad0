// TorchScript, run: the only door to LibTorch for those who use a network.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inference/inference_options.hpp"

namespace braggd {

/// What is fixed about a script's input and output.
struct ScriptShape {
  std::size_t batch = 0, channels = 0, patch_px = 0, outputs = 0;
  std::size_t input_floats() const { return batch * channels * patch_px * patch_px; }
};

class ScriptRunner;

/// A script ready to run in one shape, frozen, on one device, in one precision. Thread-safe; one thread a call.
class ScriptModule {
 public:
  /// `bytes`: a TorchScript archive whose forward takes [batch, channels, patch_px, patch_px] float32 and gives
  /// [batch, outputs]. `bfloat16`: run in it. Throws ConfigError, without LibTorch always.
  ScriptModule(const std::vector<char>& bytes, const ScriptShape& shape, const std::string& device,
               bool bfloat16);
  ~ScriptModule();
  ScriptModule(ScriptModule&&) noexcept;
  ScriptModule& operator=(ScriptModule&&) noexcept;

  /// `input`: shape.input_floats(); `output`: batch x outputs. Throws std::runtime_error where the script fails.
  void run(std::span<float> input, std::span<float> output) const;

  const std::string& device() const;

 private:
  std::unique_ptr<ScriptRunner> runner_;
};

/// What does the matrix products of networks on this machine, for the log: LibTorch's version and the file of the BLAS
/// in use. Debian's LibTorch is four times slower on the reference BLAS than on OpenBLAS.
std::string linear_algebra_in_use();

}  // namespace braggd
