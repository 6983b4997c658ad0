#pragma once

#include <limits>

namespace braggd {

/// Where a peak lies, in px from the centre of the patch's first pixel. Errors are one sigma; NaN where there is none.
struct PatchPosition {
  float row = 0, col = 0;
  float row_error = std::numeric_limits<float>::quiet_NaN();
  float col_error = std::numeric_limits<float>::quiet_NaN();
};

}  // namespace braggd
