// Components for a given kernel set, and the part that differs between them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/components.hpp"
#include "kernels/kernel_set.hpp"

namespace braggd {

void find_components_with(KernelSet set, const SparseFrame& pixels, std::uint32_t min_pixels,
                          std::uint32_t max_pixels, ComponentList& out);

/// Consecutive pixels of one row.
struct Run {
  std::uint32_t first = 0;  ///< ordinal of its first pixel
  std::uint32_t row = 0;
  std::uint32_t col_begin = 0, col_end = 0;
  std::uint32_t component = 0;
  std::uint32_t n_pixels() const { return col_end - col_begin; }
};

/// Bits of a pixel beside its neighbours.
enum Relation : std::uint8_t {
  has_higher_neighbour = 1,
  has_equal_neighbour = 2,
  plateau_known = 4,
};

/// Bytes that may be read and written back unchanged behind the last pixel's relation.
inline constexpr std::size_t relation_margin = 16;

/// Adds to the relation of each pixel of `run` what the pixels of `other` in the same column and beside it are to it:
/// `other` lies in the row above or below, or is the run itself. Values and relations are by ordinal.
using RelatePixels = void (*)(const Run& run, const Run& other, const float* value, std::uint8_t* relation);

RelatePixels relate_pixels_of(KernelSet set);

}  // namespace braggd
