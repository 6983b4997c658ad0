// Which instruction sets the kernels use; chosen once at start.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace braggd {

/// The variants of a kernel, worst first. `scalar` is the definition; the others give the same bits.
enum class KernelSet : std::uint8_t {
  scalar,
  avx2,
  avx512,      ///< F, BW, VL, DQ
  avx512vbmi,  ///< and VBMI, VBMI2, GFNI
};

inline constexpr std::array<std::string_view, 4> kernel_set_names{"scalar", "avx2", "avx512", "avx512vbmi"};

constexpr std::string_view name_of(KernelSet set) {
  return kernel_set_names[static_cast<std::size_t>(set)];
}

/// The sets that this processor runs, worst first; never empty.
std::vector<KernelSet> supported_kernel_sets();

/// The set in use: the best supported one, or the one that BRAGGD_KERNELS names. Throws ConfigError where that is
/// unknown or not supported here. Decided at the first call.
KernelSet kernel_set();

}  // namespace braggd
