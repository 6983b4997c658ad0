#pragma once

#include <string>

namespace braggd {

struct InferenceOptions {
  std::string device = "auto";  ///< auto (a GPU where there is one), cpu, cuda or cuda:N
  std::string precision =
      "auto";  ///< auto (bfloat16 where the bundle's table and the processor allow it), float32, bfloat16
};

}  // namespace braggd
