// Plays a recorded or simulated scan into the pipeline.
#pragma once

#include <cstdint>
#include <stop_token>

#include <braggd/source.hpp>

#include "core/scan_reader.hpp"

namespace braggd {

struct PlayOptions {
  double frames_per_second = 0;    ///< 0: as fast as it goes
  std::uint64_t shuffle_seed = 0;  ///< 0: in order; else a random order that the seed decides
};

/// One scan from begin to end. A frame that cannot be read is dropped with its reason; a stop ends the scan as
/// incomplete, giving it up ends it at once.
void play_scan(ScanReader& reader, const PlayOptions& options, FrameIntake& intake, std::stop_token stop);

}  // namespace braggd
