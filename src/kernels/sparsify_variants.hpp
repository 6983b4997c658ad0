// The fused reduction for a given kernel set, and the part of it that differs between them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_set.hpp"
#include "kernels/sparsify.hpp"

namespace braggd {

bool sparsify_with(KernelSet set, PixelType type, Shape shape, std::span<const std::byte> raw,
                   const SparsifyRule& rule, SparseFrame& out);

/// Consecutive pixels and what decides about them.
struct PixelRun {
  std::size_t count = 0;
  const std::byte* raw = nullptr;        ///< at any alignment
  const float* dark = nullptr;           ///< null: zero
  const std::uint8_t* masked = nullptr;  ///< null: none is
  float at_least = 0;
};

/// Sets bit i%64 of word i/64 for each pixel i that is kept, and for each that has no value. A pixel has no
/// value where it is masked, no-data, or raw - dark is not finite. Both arrays hold a word for every 64
/// pixels begun.
void classify_pixels(KernelSet set, PixelType type, const PixelRun& run, std::uint64_t* kept,
                     std::uint64_t* valueless);

}  // namespace braggd
