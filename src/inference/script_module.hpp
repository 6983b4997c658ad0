// TorchScript, run: the only door to LibTorch for those who use a network.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inference/inference_options.hpp"

namespace braggd {

/// What is fixed about a script's input and output; `batch` patches are what it is tried with.
struct ScriptShape {
  std::size_t batch = 0, channels = 0, patch_px = 0, outputs = 0;
  std::size_t patch_floats() const { return channels * patch_px * patch_px; }
  std::size_t input_floats() const { return batch * patch_floats(); }
};

class ScriptRunner;

/// A script ready to run, frozen, on one device, in one precision. Thread-safe; one thread a call.
class ScriptModule {
 public:
  /// `bytes`: a TorchScript archive whose forward takes [batch, channels, patch_px, patch_px] float32 and gives
  /// [batch, outputs]. `bfloat16`: run in it. Throws ConfigError, without LibTorch always.
  ScriptModule(const std::vector<char>& bytes, const ScriptShape& shape, const std::string& device,
               bool bfloat16);
  ~ScriptModule();
  ScriptModule(ScriptModule&&) noexcept;
  ScriptModule& operator=(ScriptModule&&) noexcept;

  /// `input`: n x shape.patch_floats(); `output`: n x outputs. Answers may depend on n in their last bits. Throws
  /// std::runtime_error where the script fails.
  void run(std::span<float> input, std::span<float> output) const;

  const std::string& device() const;

 private:
  std::unique_ptr<ScriptRunner> runner_;
};

/// What does the matrix products of networks on this machine, for the log: LibTorch's version and the file of the BLAS
/// in use. Debian's LibTorch is four times slower on the reference BLAS than on OpenBLAS.
std::string linear_algebra_in_use();

}  // namespace braggd
