// The file driver behind every HDF5 file that is read or written here: POSIX calls, made enduring and wary.
#pragma once

#include "formats/hdf5.hpp"

namespace braggd::hdf5 {

/// File access properties for creating a file whose first failed write leaves its errno in `failure` (0 at
/// first, and outliving the file) while HDF5 is told that all is well, because HDF5 1.10 does not survive the
/// failure of its own clean-up. The file is flushed to disk when it is closed. Throws Error.
Handle enduring_file_access(int& failure);

/// File access properties for reading. Damaged global heaps (where texts of variable length are stored) are
/// refused, because HDF5 1.10 follows their lengths out of bounds or for ever. Takes no locks. Throws Error.
Handle wary_file_access();

}  // namespace braggd::hdf5
