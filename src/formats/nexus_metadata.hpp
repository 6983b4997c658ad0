// What a NeXus or DECTRIS master file says of its scan beside the pixels.
#pragma once

#include <cstdint>
#include <optional>

#include <braggd/frame.hpp>

#include "formats/hdf5.hpp"

namespace braggd {

/// Fills geometry, omega, times, names, saturation and pixel mask of a header whose shape and expected_frames
/// are set. Where things stand follows NXmx (manual.nexusformat.org) and DECTRIS' master files; x is the
/// column, y the row. What is absent, not finite or absurd stays unknown.
void read_nexus_metadata(const hdf5::Handle& file, ScanHeader& header);

/// How many frames a DECTRIS master file announces: images a trigger times triggers.
std::optional<std::uint64_t> announced_frames(const hdf5::Handle& file);

}  // namespace braggd
