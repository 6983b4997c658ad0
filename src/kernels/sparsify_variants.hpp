// The parts of the reduction that differ between kernel sets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_set.hpp"
#include "kernels/pixel_limits.hpp"
#include "kernels/survivors.hpp"

namespace braggd {

/// Consecutive pixels as they are in memory.
struct PixelRun {
  std::size_t first_pixel = 0;  ///< place in the frame, a multiple of 8
  std::size_t count = 0;
  const std::byte* raw = nullptr;  ///< at any alignment
};

/// Consecutive groups of 512 pixels as bit planes.
struct SlicedRun {
  std::size_t first_pixel = 0;  ///< a multiple of 512
  std::size_t groups = 0;
  const std::byte* planes = nullptr;
  std::size_t plane_bytes = 0;  ///< from one plane to the next
  std::size_t planes_used = 0;  ///< the planes from there on are zero
};

/// What decides about the pixels of a frame.
struct FrameRule {
  CollectRule collect;
  const PixelBits* masked = nullptr;            ///< null: none is
  const PixelBits* masked_by_header = nullptr;  ///< for floats; null: none is
  const std::byte* elements = nullptr;  ///< PixelLimits::elements; null: all have the limit `constant`
  std::uint32_t constant = 0;
  const LimitPlanes* planes = nullptr;  ///< for sliced runs; null: all have the limit `constant`
};

/// Both return false, somewhere within the run, where more than max_pixels survive. Pixels come in ascending order.
/// Floats have no limits: the difference to the dark frame decides.
using TakeRun = bool (*)(const PixelRun&, const FrameRule&, Survivors&);
using TakeSliced = bool (*)(const SlicedRun&, const FrameRule&, Survivors&);

TakeRun take_run_of(KernelSet set, PixelType type);
/// Null where the set has none (scalar), or the type no bit planes in that sense (f32).
TakeSliced take_sliced_of(KernelSet set, PixelType type);

}  // namespace braggd
