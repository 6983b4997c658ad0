// Frames that are missing in a regular pattern.
#pragma once

#include <cstdint>
#include <optional>

#include "sources/frame_set.hpp"

namespace braggd {

/// Of every `period` frames the same `arriving` ones come, and the others never do.
struct RegularGaps {
  std::uint64_t period = 0;
  std::uint64_t arriving = 0;
};

/// Looks at the latest 256, 128, 64 and 32 frames for the trace of a second client: a PUSH socket deals its messages
/// in turn to all who pull, so that k clients get every k-th each. Each residue of the frame numbers modulo the
/// period must be there wholly or not at all, over at least 8 periods; random losses do not look so.
std::optional<RegularGaps> find_regular_gaps(const FrameSet& arrived);

}  // namespace braggd
