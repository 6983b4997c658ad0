// A recorded or simulated scan: one interface in front of every file format and the simulator.
#pragma once

#include <cstdint>
#include <memory>

#include <braggd/error.hpp>
#include <braggd/frame.hpp>

namespace braggd {

/// Random access to the frames of a scan. `header().expected_frames` is the number of frames. Not thread-safe.
class ScanReader {
 public:
  virtual ~ScanReader() = default;
  virtual std::shared_ptr<const ScanHeader> header() const = 0;
  /// Frame `index` in the encoding in which it is stored; a damaged one is a FrameError, never an exception.
  virtual Result<Frame> read(std::uint64_t index) = 0;
};

}  // namespace braggd
