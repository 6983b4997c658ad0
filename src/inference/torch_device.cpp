// The library of networks: devices.
#include "inference/torch_device.hpp"

#include <ATen/Context.h>
#include <torch/cuda.h>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace {

c10::Device named_device(const std::string& name) {
  const bool cuda = torch::cuda::is_available();
  if (name == "cpu" || (name == "auto" && !cuda)) return at::kCPU;
  if (name == "auto") return at::kCUDA;
  const bool numbered = name.starts_with("cuda:") && name.size() > 5 && name.size() < 8 &&
                        name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (name != "cuda" && !numbered) {
    throw ConfigError("'" + printable(name, 32) + "' is no device; there are auto, cpu, cuda and cuda:N",
                      "device");
  }
  const int index = numbered ? std::stoi(name.substr(5)) : 0;
  if (!cuda || index >= static_cast<int>(torch::cuda::device_count())) {
    throw ConfigError("there is no device " + name + " here; say cpu or auto", "device");
  }
  return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

c10::Device chosen_device(const std::string& name) {
  const c10::Device device = named_device(name);
  if (device.is_cuda()) {
    at::Context& context = at::globalContext();
    context.setAllowTF32CuDNN(false);
    context.setAllowTF32CuBLAS(false);
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(true);
  }
  return device;
}

}  // namespace braggd
