// Small HDF5 files that go with a scan: its truth, its mask.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <braggd/frame.hpp>

#include "formats/hdf5_output.hpp"

namespace braggd {

/// A named column of a table, in `units` (empty: none).
struct TableColumn {
  std::string name;
  std::string units;
  std::vector<double> values;
};

/// Stands as `<path>.part` until `close`. Refuses a path that exists. Everything throws OutputError.
class SideFile {
 public:
  explicit SideFile(const std::filesystem::path& path);

  /// Columns of equal length in the group `name` below the root.
  void write_table(const std::string& name, const std::vector<TableColumn>& columns);
  /// rows x cols at /mask, non-zero is bad: what `mask_pixels` reads.
  void write_mask(Shape shape, std::span<const std::uint8_t> mask);
  void close();

 private:
  hdf5::OutputFile output_;
};

}  // namespace braggd
