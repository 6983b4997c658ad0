// From the angles in a scan's file to the omega of its header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <braggd/frame.hpp>

namespace braggd {

/// Sets omega from where each frame begins and ends, in degrees: start and step where the frames are alike
/// and follow one another, else the centre of each. Spans of at least header.expected_frames angles; shorter
/// ones or angles that are not finite or beyond 1e6 degrees leave omega unknown.
void set_omega_ranges(ScanHeader& header, std::span<const double> begin_deg, std::span<const double> end_deg);

/// Sets omega from the centre of each frame, in degrees, under the same conditions.
void set_omega_centres(ScanHeader& header, std::span<const double> centre_deg);

}  // namespace braggd
