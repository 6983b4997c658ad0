// Finding datasets in HDF5 files whose layout is not known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/hdf5.hpp"

namespace braggd {

struct FoundDataset {
  std::string path;
  std::vector<hsize_t> extent;
};

/// The numeric datasets of a file (booleans too) in the order of their paths. Follows hard links only, visits
/// each object once, and stops after 10,000 objects or 16 levels, so that no file can make it run for ever.
std::vector<FoundDataset> find_numeric_datasets(const hdf5::Handle& file);

/// "/a (3, 4), /b (5, 6)"; what exceeds a dozen is only counted.
std::string list_datasets(const std::vector<FoundDataset>& found);

}  // namespace braggd
