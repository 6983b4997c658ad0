#include "sinks/growing_column.hpp"

#include <string>

#include "formats/hdf5_times.hpp"
#include "formats/hdf5_values.hpp"
#include "formats/nexus_groups.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

GrowingColumn::GrowingColumn(const hdf5::Handle& group, const char* name, hid_t type,
                             std::uint64_t chunk_rows, Packing packing)
    : type_(type) {
  const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = chunk_rows;
  const auto properties = hdf5::dataset_properties();
  if (packing == Packing::compressed) {
    set_compressed(properties, {chunk});
  } else {
    call("chunks", [&] { return H5Pset_chunk(properties.id(), 1, &chunk); });
  }
  if (packing == Packing::checked) call("filter", [&] { return H5Pset_fletcher32(properties.id()); });
  // Whole chunks are appended, so a cache of one is enough: each leaves it as the next one comes.
  const auto access = own("dataset access", [] { return H5Pcreate(H5P_DATASET_ACCESS); });
  call("chunk cache",
       [&] { return H5Pset_chunk_cache(access.id(), 1, chunk_rows * H5Tget_size(type), 1.0); });
  const auto space = own("dataspace", [&] { return H5Screate_simple(1, &none, &unlimited); });
  dataset_ = own("cannot create column " + std::string(name), [&] {
    return H5Dcreate2(group.id(), name, type, space.id(), H5P_DEFAULT, properties.id(), access.id());
  });
}

void GrowingColumn::append(const void* values, std::uint64_t count) {
  if (count == 0) return;
  const hsize_t first = rows_, added = count, total = rows_ + count;
  call("cannot extend a column", [&] { return H5Dset_extent(dataset_.id(), &total); });
  const auto file_space = own("dataspace", [&] { return H5Dget_space(dataset_.id()); });
  const auto memory_space = own("dataspace", [&] { return H5Screate_simple(1, &added, nullptr); });
  call("selection", [&] {
    return H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &first, nullptr, &added, nullptr);
  });
  timed_call(hdf5::TimedCall::write, "cannot append to a column", [&] {
    return H5Dwrite(dataset_.id(), type_, memory_space.id(), file_space.id(), H5P_DEFAULT, values);
  });
  rows_ = total;
}

}  // namespace braggd
