// The NeXus groups that scans and results have in common.
#pragma once

#include <vector>

#include <braggd/frame.hpp>

#include "formats/hdf5.hpp"

namespace braggd {

/// Creates `instrument` (NXinstrument: source, beam, detector) in an entry. What the header does not know is
/// left out; x is the column, y the row. Throws hdf5::Error.
void write_instrument(const hdf5::Handle& entry, const ScanHeader& header);

/// Creates `sample` (NXsample) in an entry. Throws hdf5::Error.
hdf5::Handle write_sample(const hdf5::Handle& entry, const ScanHeader& header);

/// Creates a dataset of one number with its unit; does nothing where the number is not finite.
void write_quantity(const hdf5::Handle& group, const char* name, double value, const char* units);

/// Adds chunks and the filters of result columns: shuffle, gzip level 1, Fletcher32.
void set_compressed(const hdf5::Handle& dataset_properties, const std::vector<hsize_t>& chunk);

}  // namespace braggd
