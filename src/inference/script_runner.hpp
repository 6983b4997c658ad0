// What the library of networks gives to those who run scripts.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inference/script_module.hpp"

namespace braggd {

/// A script in the library; see ScriptModule.
class ScriptRunner {
 public:
  virtual ~ScriptRunner() = default;
  virtual void run(std::span<float> input, std::span<float> output) const = 0;
  virtual const std::string& device() const = 0;
};

using MakeScriptRunner = void(const std::vector<char>& bytes, const ScriptShape& shape,
                              const std::string& device, bool bfloat16, std::unique_ptr<ScriptRunner>& out);
using DescribeLinearAlgebra = void(std::string& out);

}  // namespace braggd
