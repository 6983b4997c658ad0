#include "formats/side_file.hpp"

#include "formats/hdf5_values.hpp"

namespace braggd {

SideFile::SideFile(const std::filesystem::path& path) : output_(path, hdf5::OutputFile::NameTaken::refuse) {}

void SideFile::write_table(const std::string& name, const std::vector<TableColumn>& columns) {
  output_.attempt([&] {
    const auto table = hdf5::create_group(output_.file(), name, "NXcollection");
    for (const TableColumn& column : columns) {
      output_.require_room(column.values.size() * sizeof(double));
      const auto dataset = hdf5::write_array<double>(table, column.name, column.values);
      if (!column.units.empty()) hdf5::set_attribute(dataset, "units", column.units);
    }
  });
  output_.check();
}

void SideFile::write_mask(Shape shape, std::span<const std::uint8_t> mask) {
  output_.attempt([&] {
    output_.require_room(mask.size());
    hdf5::write_numbers(output_.file(), "mask", hdf5::native_type<std::uint8_t>(), {shape.rows, shape.cols},
                        mask.data());
  });
  output_.check();
}

void SideFile::close() {
  output_.publish();
}

}  // namespace braggd
