// The rule of a scan, prepared: for each pixel the lowest raw value that is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include <braggd/frame.hpp>

#include "core/large_buffer.hpp"
#include "kernels/sparsify.hpp"

namespace braggd {

/// Pixels that are compared at once in bit planes, and that a row of LimitPlanes is for.
inline constexpr std::size_t group_pixels = 512;

/// Lower bounds of the limits as bit planes: for each group of 512 pixels 64 bytes a plane that differs between pixels;
/// a plane that is the same all over the frame is a constant and takes no memory. The bounds lie below the limits, so that
/// fewer planes differ: by up to a quarter of the threshold, and by more where a few pixels stand far above the others; what
/// passes is to be compared once more.
struct LimitPlanes {
  std::uint32_t constant = 0;  ///< bit k: all pixels', where plane k is not among the varying ones
  std::uint32_t varying = 0;   ///< bit k: plane k has its 64 bytes in each group, in ascending order
  std::size_t group_bytes = 0;
  LargeBuffer memory;

  const std::byte* group(std::size_t first_pixel) const {
    return memory.data() + first_pixel / group_pixels * group_bytes;
  }
};

/// Made once a scan, read by any number of threads. Of integer types only. The rule's dark frame must outlive it.
class PixelLimits {
 public:
  PixelLimits(PixelType type, const SparsifyRule& rule);

  /// For all pixels alike, where the rule has no dark frame.
  std::uint32_t constant() const { return constant_; }
  /// An element of the pixel type for each pixel, or null. Made at the first call.
  const std::byte* elements() const;
  /// Of a dark frame, or null. Made at the first call.
  const LimitPlanes* planes() const;

 private:
  LargeBuffer make_elements() const;

  PixelType type_;
  std::span<const float> dark_;
  float at_least_;
  std::uint32_t constant_ = 0;
  mutable std::once_flag elements_made_, planes_made_;
  mutable LargeBuffer elements_;
  mutable LimitPlanes planes_;
};

}  // namespace braggd
