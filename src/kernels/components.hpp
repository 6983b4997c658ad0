// 8-connected components of sparse pixels, with their moments.
#pragma once

#include <cstdint>

#include <braggd/peak.hpp>

namespace braggd {

/// Labels `pixels` (ascending index) and fills components, component_of, maxima, n_too_small and n_too_big of `out`.
/// Components with fewer than min_pixels or more than max_pixels are only counted. The order and the summation are
/// as `Component` and `ComponentList` say, so that every form gives the same bits.
void find_components(const SparseFrame& pixels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                     ComponentList& out);

/// The definition: the shortest correct code (flood fill over a dense label image).
void find_components_reference(const SparseFrame& pixels, std::uint32_t min_pixels, std::uint32_t max_pixels,
                               ComponentList& out);

}  // namespace braggd
