#include "kernels/kernel_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <braggd/error.hpp>

#include "kernels/kernel_choice.hpp"
#include "kernels/target.hpp"

namespace braggd {

std::vector<KernelSet> supported_kernel_sets() {
  std::vector<KernelSet> sets{KernelSet::scalar};
#if BRAGGD_X86_KERNELS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool vbmi = avx512 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                    __builtin_cpu_supports("gfni");
  if (avx2) sets.push_back(KernelSet::avx2);
  if (avx512) sets.push_back(KernelSet::avx512);
  if (vbmi) sets.push_back(KernelSet::avx512vbmi);
#endif
  return sets;
}

KernelSet choose_kernel_set(std::string_view name, std::span<const KernelSet> supported) {
  if (name.empty()) return supported.back();
  const auto named = [&](KernelSet set) { return name_of(set) == name; };
  if (const auto found = std::ranges::find_if(supported, named); found != supported.end()) return *found;
  const bool known = std::ranges::find(kernel_set_names, name) != kernel_set_names.end();
  std::string message = "BRAGGD_KERNELS=" + std::string(name) +
                        (known ? " is not supported by this processor" : " is no kernel set") +
                        "; choose one of";
  for (const KernelSet set : supported) message.append(" ").append(name_of(set));
  throw ConfigError(message + ", or unset it for the best");
}

KernelSet kernel_set() {
  static const KernelSet chosen = [] {
    const char* name = std::getenv("BRAGGD_KERNELS");
    return choose_kernel_set(name != nullptr ? name : "", supported_kernel_sets());
  }();
  return chosen;
}

}  // namespace braggd
