// Private to the files that see LibTorch.
#pragma once

#include <c10/core/Device.h>
#include <string>

namespace braggd {

/// The device that "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:N" names. On a GPU products are computed in
/// full float32, not in TF32, by algorithms that give the same bits each time. Throws ConfigError for any other name and
/// for a device that is not there.
c10::Device chosen_device(const std::string& name);

}  // namespace braggd
