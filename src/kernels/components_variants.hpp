// Components for a given kernel set, and the part that differs between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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

/// Bytes that may be written behind the last pixel's relation.
inline constexpr std::size_t relation_margin = 16;

/// The runs of a frame, in raster order.
struct Runs {
  std::vector<Run> runs;
  std::vector<std::uint32_t>
      row_first;  ///< by row, and one more: ordinal of the first pixel from that row on
};

/// A run and those that touch it, corners included: consecutive ones of the row above and of the row below.
struct Touching {
  const Run* run;
  std::span<const Run> above, below;
};

/// The parts that differ between kernel sets.
struct RunKernels {
  void (*find)(const SparseFrame& pixels, Runs& out);
  /// Writes the relation of each of the run's pixels to its 8 neighbours. Values and relations are by ordinal; whatever
  /// lies up to relation_margin bytes behind the run's relations may be overwritten.
  void (*relate)(const Touching& touching, const float* value, std::uint8_t* relation);
};

RunKernels run_kernels_of(KernelSet set);

}  // namespace braggd
