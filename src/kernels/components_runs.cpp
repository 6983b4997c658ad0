#include <algorithm>
#include <array>

#include "kernels/components_variants.hpp"
#include "kernels/target.hpp"

namespace braggd {

namespace {

void find_scalar(const SparseFrame& pixels, Runs& out) {
  const auto n_pixels = static_cast<std::uint32_t>(pixels.index.size());
  const std::uint32_t cols = pixels.shape.cols;
  std::uint32_t row = 0, row_begin = 0;
  out.n = 0;
  for (std::uint32_t i = 0; i < n_pixels; ++out.n) {
    hold(out.first, out.n + 2);
    hold(out.row, out.n + 1);
    hold(out.col_begin, out.n + 1);
    const std::uint32_t pixel = pixels.index[i];
    if (pixel - row_begin >= cols) {
      row = pixel / cols;
      row_begin = row * cols;
    }
    out.first[out.n] = i;
    out.row[out.n] = row;
    out.col_begin[out.n] = pixel - row_begin;
    const std::uint32_t most = std::min(cols - (pixel - row_begin), n_pixels - i);
    std::uint32_t n = 1;
    while (n < most && pixels.index[i + n] == pixel + n) ++n;
    i += n;
  }
  hold(out.first, out.n + 1);
  out.first[out.n] = n_pixels;
}

void put_scalar(RunRange runs, const float* value, Tile& tile) {
  for (std::size_t run = runs.begin; run < runs.end; ++run) {
    const std::size_t at = tile.at(runs.all.row[run], runs.all.col_begin[run]);
    for (std::uint32_t k = 0; k < runs.all.n_pixels(run); ++k) {
      tile.value[at + k] = value[runs.all.first[run] + k];
      tile.run[at + k] = static_cast<std::uint32_t>(run);
    }
  }
}

void take_back_scalar(RunRange runs, Tile& tile) {
  for (std::size_t run = runs.begin; run < runs.end; ++run) {
    const std::size_t at = tile.at(runs.all.row[run], runs.all.col_begin[run]);
    std::fill_n(&tile.value[at], runs.all.n_pixels(run), no_pixel_value);
    std::fill_n(&tile.run[at], runs.all.n_pixels(run), no_run);
  }
}

void relate_scalar(RunRange runs, const float* value, const Tile& tile, RunsAbove* above, Summits& summits) {
  for (std::size_t run = runs.begin; run < runs.end; ++run) {
    const std::uint32_t row = runs.all.row[run], col = runs.all.col_begin[run];
    const std::uint32_t first = runs.all.first[run], n_pixels = runs.all.n_pixels(run);
    const std::array rows{tile.at(row - 1, col), tile.at(row, col), tile.at(row + 1, col)};
    above[run] = {no_run, no_run};
    for (std::size_t at = rows[0] - 1; at < rows[0] + n_pixels + 1; ++at) {
      if (tile.run[at] == no_run) continue;
      above[run].first = std::min(above[run].first, tile.run[at]);
      above[run].last = tile.run[at];
    }
    for (std::uint32_t k = 0; k < n_pixels; ++k) {
      float most = std::max(tile.value[rows[1] + k - 1], tile.value[rows[1] + k + 1]);
      for (const std::size_t beside : {rows[0] + k, rows[2] + k}) {
        most = std::max({most, tile.value[beside - 1], tile.value[beside], tile.value[beside + 1]});
      }
      if (most > value[first + k]) continue;
      summits.ordinal[summits.n++] = first + k;
      if (most == value[first + k]) summits.level.push_back(first + k);
    }
  }
}

void measure_scalar(const Runs& runs, const float* value, const Measuring& to) {
  for (std::size_t run = 0; run < runs.n; ++run) {
    const std::uint32_t first = runs.first[run], n_pixels = runs.n_pixels(run);
    std::fill_n(&to.component_of[first], n_pixels, to.place[run]);
    if (to.place[run] == no_component) continue;
    const Origin origin = to.origin[to.place[run]];
    const double row = runs.row[run] - origin.row;
    const double col_begin = runs.col_begin[run] - origin.col;
    std::array<double, n_partial_sums> sum{}, sum_col{}, sum_col_col{};
    for (std::uint32_t k = 0; k < n_pixels; ++k) {
      const double intensity = value[first + k], col = col_begin + k;
      sum[k % n_partial_sums] += intensity;
      sum_col[k % n_partial_sums] += intensity * col;
      sum_col_col[k % n_partial_sums] += intensity * col * col;
    }
    const double intensity = sum_of_partial(sum);
    Sums& sums = to.sums[to.place[run]];
    sums.sum += intensity;
    sums.sum_row += intensity * row;
    sums.sum_row_row += intensity * row * row;
    sums.sum_col += sum_of_partial(sum_col);
    sums.sum_col_col += sum_of_partial(sum_col_col);
  }
}

}  // namespace

RunKernels run_kernels_of(KernelSet set) {
#if BRAGGD_X86_KERNELS
  if (set >= KernelSet::avx512) return run_kernels_avx512();
#endif
  static_cast<void>(set);
  return {find_scalar, put_scalar, take_back_scalar, relate_scalar, measure_scalar};
}

}  // namespace braggd
