#include "formats/side_file.hpp"

#include <gtest/gtest.h>

#include <braggd/error.hpp>

#include "formats/dark_frame.hpp"
#include "formats/hdf5_values.hpp"
#include "unit/formats/temporary_directory.hpp"

namespace braggd {
namespace {

TEST(SideFile, ATableComesBackColumnByColumnWithItsUnits) {
  const TemporaryDirectory directory;
  SideFile file(directory / "truth.h5");
  file.write_table("truth", {{"row", "px", {1.5, 2.5}}, {"intensity", "", {1e6, 3}}});
  file.close();
  const auto read = hdf5::open_file(directory / "truth.h5");
  EXPECT_EQ(hdf5::read_numbers(read, "truth/row", 10)->values, (std::vector<double>{1.5, 2.5}));
  EXPECT_EQ(hdf5::read_numbers(read, "truth/intensity", 10)->values, (std::vector<double>{1e6, 3}));
  EXPECT_EQ(hdf5::read_attribute_text(read, "truth/row", "units"), "px");
}

TEST(SideFile, AMaskIsWhatMaskPixelsReads) {
  const TemporaryDirectory directory;
  const std::vector<std::uint8_t> mask{0, 1, 0, 0, 0, 1};
  SideFile file(directory / "mask.h5");
  file.write_mask({2, 3}, mask);
  file.close();
  Shape shape;
  EXPECT_EQ(load_mask(directory / "mask.h5", "", shape), mask);
  EXPECT_EQ(shape, (Shape{2, 3}));
}

TEST(SideFile, AnExistingFileIsNotTouched) {
  const TemporaryDirectory directory;
  SideFile(directory / "a.h5").close();
  EXPECT_THROW(SideFile(directory / "a.h5"), OutputError);
}

}  // namespace
}  // namespace braggd
