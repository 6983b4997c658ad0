// The file driver behind OutputFile: POSIX writes that never fail towards HDF5.
#pragma once

#include "formats/hdf5.hpp"

namespace braggd::hdf5 {

/// File access properties for creating a file whose first failed write leaves its errno in `failure`, and
/// which is flushed to disk when it is closed. `failure` is 0 at first and must outlive the file. Throws
/// Error.
Handle enduring_file_access(int& failure);

}  // namespace braggd::hdf5
