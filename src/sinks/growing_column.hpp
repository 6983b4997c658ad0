// A 1-D dataset that grows at its end.
#pragma once

#include <cstdint>

#include "formats/hdf5.hpp"

namespace braggd {

enum class Packing : std::uint8_t {
  compressed,  ///< shuffle, gzip level 1, Fletcher32
  checked,     ///< Fletcher32: what does not become smaller
  plain,       ///< as it is: what comes in volume
};

class GrowingColumn {
 public:
  GrowingColumn() = default;
  /// Creates the dataset, empty. Best appended at once is a multiple of `chunk_rows`. Throws
  /// hdf5::Error.
  GrowingColumn(const hdf5::Handle& group, const char* name, hid_t type, std::uint64_t chunk_rows,
                Packing packing);

  /// Appends `count` values of the type that the dataset has. Throws hdf5::Error.
  void append(const void* values, std::uint64_t count);

  std::uint64_t rows() const { return rows_; }
  const hdf5::Handle& dataset() const { return dataset_; }

 private:
  hdf5::Handle dataset_;
  hid_t type_ = H5I_INVALID_HID;
  std::uint64_t rows_ = 0;
};

}  // namespace braggd
