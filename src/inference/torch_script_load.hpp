// Private to the files that see LibTorch.
#pragma once

#include <torch/script.h>
#include <vector>

namespace braggd {

/// The module of a TorchScript archive on the CPU, its weights held against the bytes behind them and finite. Throws
/// ConfigError for weights that are not, LibTorch's exceptions for what is no archive.
torch::jit::Module load_script(const std::vector<char>& bytes);

/// Whatever the calling thread computes with LibTorch is computed by it alone. OpenBLAS's threads would wait for one
/// another between small products, which on a busy machine takes longer than the products, and the bits of these depend on
/// how many threads there are.
void use_one_thread();

}  // namespace braggd
