// Which maxima of a component are spots, and what splitting takes for spots.
#pragma once

#include <cstddef>
#include <string>

#include "simulation/patch_set.hpp"

namespace braggd {

/// A table in Markdown from the first `n` patches of a set: of the maxima beside a higher one that SplitRule lets count by
/// distance and height, how many are of spots and of noise on each detector, and the share of them that counts at each
/// significance.
std::string split_table(const PatchSetConfig& config, std::size_t n);

}  // namespace braggd
