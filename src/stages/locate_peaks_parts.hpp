// What the estimators of locate_peaks work on.
#pragma once

#include <cstdint>
#include <span>

#include "stages/locate_peaks.hpp"

namespace braggd {

/// What is placed: the components, or the shares of those that were split.
struct LocatePeaks::Parts {
  const ComponentList& wholes;
  const ComponentList& list;
  std::span<const std::uint32_t> parent;  // empty where nothing was split
  double threshold;

  std::uint32_t parent_of(std::uint32_t part) const { return parent.empty() ? part : parent[part]; }
};

}  // namespace braggd
