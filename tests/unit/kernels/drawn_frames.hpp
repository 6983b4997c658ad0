// Frames drawn by hand and their components.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/components.hpp"

namespace braggd {

/// A frame drawn in digits: '.' is below threshold.
inline SparseFrame draw(const std::vector<std::string_view>& rows) {
  SparseFrame frame;
  frame.shape = {static_cast<std::uint32_t>(rows.size()), static_cast<std::uint32_t>(rows.front().size())};
  std::uint32_t index = 0;
  for (const std::string_view row : rows) {
    for (const char c : row) {
      if (c != '.') {
        frame.index.push_back(index);
        frame.value.push_back(static_cast<float>(c - '0'));
      }
      ++index;
    }
  }
  return frame;
}

inline ComponentList components_of(const SparseFrame& frame, std::uint32_t min_pixels = 1,
                                   std::uint32_t max_pixels = ~std::uint32_t{0}) {
  ComponentList list;
  find_components(frame, min_pixels, max_pixels, list);
  return list;
}

}  // namespace braggd
