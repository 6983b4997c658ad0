// Components for a given kernel set, and the parts that differ between them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/components.hpp"
#include "kernels/kernel_set.hpp"

namespace braggd {

void find_components_with(KernelSet set, const SparseFrame& pixels, std::uint32_t min_pixels,
                          std::uint32_t max_pixels, ComponentList& out);

/// Makes `buffer` hold at least `n` elements; never shrinks it, and grows it in leaps.
template <class Buffer>
void hold(Buffer& buffer, std::size_t n) {
  if (buffer.size() < n) buffer.resize(n + n / 2);
}

/// The runs of a frame in raster order: consecutive pixels of one row. Buffers may be longer than what they hold.
struct Runs {
  std::size_t n = 0;
  std::vector<std::uint32_t> first;  ///< ordinal of a run's first pixel; n + 1 of them
  std::vector<std::uint32_t> row, col_begin;
  std::vector<std::uint32_t> start_first, start_pixel;  ///< while runs are sought: what may cross row ends
  std::uint32_t n_pixels(std::size_t run) const { return first[run + 1] - first[run]; }
};

inline constexpr std::uint32_t no_run = no_component;
inline constexpr float no_pixel_value = -std::numeric_limits<float>::infinity();

/// The runs above that a run touches, corners included, are consecutive: first to last, or no_run.
struct RunsAbove {
  std::uint32_t first, last;
};

/// Neighbouring rows as dense images of values (-infinity: no pixel) and runs (no_run), a ring of n_rows of them.
/// A kernel may read `margin` columns beside the frame, where there is never a pixel.
class Tile {
 public:
  static constexpr std::uint32_t n_rows = 8;  ///< a power of two
  static constexpr std::uint32_t margin = 32;
  /// Makes room for rows of `cols` and sees to it that there is no pixel.
  void fit(std::uint32_t cols);
  /// Until all pixels have been taken back the tile holds some.
  void set_empty(bool empty) { empty_ = empty; }
  /// Place of a pixel; `row` may be one before or behind the frame.
  std::size_t at(std::uint32_t row, std::uint32_t col) const {
    return (row % n_rows) * stride_ + margin + col;
  }
  std::vector<float> value;
  std::vector<std::uint32_t> run;

 private:
  std::size_t stride_ = 0;
  bool empty_ = true;
};

/// Pixels without a higher neighbour, ordinals ascending: those of maxima are among them.
struct Summits {
  std::size_t n = 0;
  std::vector<std::uint32_t> ordinal;  ///< a buffer, see Runs
  std::vector<std::uint32_t> level;    ///< those of them that have an equal neighbour
};

/// Elements that kernels may write behind the last one of a buffer.
inline constexpr std::size_t buffer_margin = 16;

/// What a component's sums are relative to.
struct Origin {
  double row, col;
};

struct alignas(64) Sums {
  double sum, sum_row, sum_col, sum_row_row, sum_col_col;
};

/// A run's pixels are added to this many sums, pixel k to sum k % n_partial_sums.
inline constexpr std::size_t n_partial_sums = 8;

/// The sum of partial sums: halves are added until one is left.
constexpr double sum_of_partial(std::array<double, n_partial_sums> sums) {
  for (std::size_t half = n_partial_sums / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

/// Runs [begin, end) of `all`.
struct RunRange {
  const Runs& all;
  std::size_t begin, end;
};

/// Where the pixels of a frame are summed. The last of `origin` and `sums` belongs to no component.
struct Measuring {
  const std::vector<std::uint32_t>& place;  ///< by run: place of its component, or no_component
  const std::vector<Origin>& origin;        ///< by place
  std::vector<Sums>& sums;                  ///< by place
  std::vector<std::uint32_t>& component_of;
};

/// The parts that differ between kernel sets. Values are by ordinal.
struct RunKernels {
  void (*find)(const SparseFrame& pixels, Runs& out);
  void (*put)(RunRange runs, const float* value, Tile& tile);
  void (*take_back)(RunRange runs, Tile& tile);
  /// Writes what runs touch above to `above`, by run, and appends their summits. The tile holds their rows and the
  /// rows beside.
  void (*relate)(RunRange runs, const float* value, const Tile& tile, RunsAbove* above, Summits& summits);
  void (*measure)(const Runs& runs, const float* value, const Measuring& to);
};

RunKernels run_kernels_of(KernelSet set);
#if defined(__x86_64__)
RunKernels run_kernels_avx512();
#endif

/// Finds the maximum of each component and its regional maxima.
class MaximumFinder {
 public:
  void run(const SparseFrame& pixels, const Runs& runs, const Summits& summits, ComponentList& out);

 private:
  void prepare_plateaus(const SparseFrame& pixels, const Runs& runs, const Summits& summits);
  bool is_maximum(const SparseFrame& pixels, std::uint32_t seed);

  std::vector<std::uint32_t>
      row_first_;                       ///< by row, and one more: ordinal of the first pixel from that row on
  std::vector<std::uint8_t> state_;     ///< by pixel, for plateaus
  std::vector<std::uint32_t> plateau_;  ///< pixels whose neighbours are still to be looked at
};

}  // namespace braggd
