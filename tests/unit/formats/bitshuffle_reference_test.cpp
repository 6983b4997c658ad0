// The reference file of the bitshuffle filter: chunks as others compressed them, beside the plain arrays.
#include <gtest/gtest.h>
#include <string>

#include "formats/hdf5.hpp"
#include "kernels/chunk.hpp"
#include "shared_data.hpp"

namespace braggd {
namespace {

using hdf5::call;

std::vector<std::byte> read_plain(const hdf5::Handle& dataset, std::size_t bytes) {
  std::vector<std::byte> data(bytes);
  const auto type = hdf5::own("type", [&] { return H5Dget_type(dataset.id()); });
  call("read", [&] { return H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()); });
  return data;
}

std::vector<std::byte> read_only_chunk(const hdf5::Handle& dataset) {
  const hsize_t origin = 0;
  hsize_t size = 0;
  call("size", [&] { return H5Dget_chunk_storage_size(dataset.id(), &origin, &size); });
  std::vector<std::byte> chunk(size);
  std::uint32_t mask = 0;
  call("chunk", [&] { return H5Dread_chunk(dataset.id(), H5P_DEFAULT, &origin, &mask, chunk.data()); });
  return chunk;
}

void compare_all(const char* group, Encoding encoding) {
  const auto path = shared_data("bitshuffle/regression_0.4.0.h5");
  BRAGGD_SKIP_WITHOUT(path);
  const auto file = hdf5::open_file(path);
  const auto names = hdf5::link_names(hdf5::open_object(file, "original"), 1000);
  ASSERT_EQ(names.size(), 21U);
  for (const std::string& name : names) {
    const auto original = hdf5::open_object(file, "original/" + name);
    const auto compressed = hdf5::open_object(file, std::string(group) + "/" + name);
    const auto type = hdf5::own("type", [&] { return H5Dget_type(original.id()); });
    const std::size_t element_bytes = H5Tget_size(type.id());
    const auto expected = read_plain(original, element_bytes * hdf5::extent_of(original).at(0));
    std::vector<std::byte> decoded(expected.size());
    EXPECT_EQ(decode_chunk(encoding, element_bytes, read_only_chunk(compressed), decoded), ChunkError::none)
        << name;
    EXPECT_EQ(decoded, expected) << name;
  }
}

TEST(BitshuffleReference, ChunksOfLz4DecodeToTheOriginals) {
  compare_all("compressed", Encoding::bslz4);
}

TEST(BitshuffleReference, ChunksOfZstandardDecodeToTheOriginals) {
  compare_all("compressed_zstd", Encoding::bszstd);
}

}  // namespace
}  // namespace braggd
