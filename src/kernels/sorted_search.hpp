// Places in an ascending list of pixel indices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace braggd {

/// The place of the first index that is not below `wanted`; the size where there is none.
inline std::size_t first_not_below(std::span<const std::uint32_t> index, std::uint32_t wanted) {
  return static_cast<std::size_t>(std::ranges::lower_bound(index, wanted) - index.begin());
}

/// The same, at or after place `from`, by steps that double (Bentley & Yao 1976, Inf. Process. Lett. 5, 82): quick where
/// it is near.
inline std::size_t gallop_to(std::span<const std::uint32_t> index, std::size_t from, std::uint32_t wanted) {
  std::size_t step = 1;
  std::size_t low = from;
  while (low < index.size() && index[low] < wanted) {
    from = low + 1;
    low += step;
    step *= 2;
  }
  return from + first_not_below(index.subspan(from, std::min(low, index.size()) - from), wanted);
}

}  // namespace braggd
