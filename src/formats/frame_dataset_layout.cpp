// What a dataset is like: extent, type, chunks, filters; decided once, before any frame is read.
#include <algorithm>
#include <array>

#include "formats/frame_dataset.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

constexpr H5Z_filter_t filter_lz4 = 32004;
constexpr H5Z_filter_t filter_bitshuffle = 32008;
constexpr std::uint64_t max_chunk_bytes = std::uint64_t{1} << 30;

struct Filter {
  H5Z_filter_t id = 0;
  std::array<unsigned, 8> values{};
  std::size_t n_values = 8;
};

Filter first_filter(const hdf5::Handle& properties) {
  Filter filter;
  filter.id = call("filters", [&] {
    unsigned flags = 0, configuration = 0;
    return H5Pget_filter2(properties.id(), 0, &flags, &filter.n_values, filter.values.data(), 0, nullptr,
                          &configuration);
  });
  filter.n_values = std::min(filter.n_values, filter.values.size());
  return filter;
}

// The encoding that a lone filter amounts to, where `decode_chunk` knows it.
std::optional<Encoding> encoding_of(const Filter& filter, std::size_t stored_bytes_per_pixel) {
  if (filter.id == filter_lz4) return Encoding::lz4;
  if (filter.id != filter_bitshuffle || filter.n_values < 5) return std::nullopt;
  if (filter.values[2] != stored_bytes_per_pixel) return std::nullopt;
  if (filter.values[4] == 2) return Encoding::bslz4;
  if (filter.values[4] == 3) return Encoding::bszstd;
  return std::nullopt;
}

}  // namespace

FrameDataset::FrameDataset(hdf5::Handle dataset, std::string name)
    : dataset_(std::move(dataset)), name_(std::move(name)) {
  if (call("kind", [&] { return H5Iget_type(dataset_.id()); }) != H5I_DATASET) {
    throw InputError(name_ + " is not a dataset");
  }
  take_extent();
  pixels_ = PixelStorage(dataset_, name_);
  take_storage();
}

void FrameDataset::take_extent() {
  auto extent = hdf5::extent_of(dataset_);
  rank_ = extent.size();
  if (rank_ != 2 && rank_ != 3) {
    throw InputError(name_ + " has " + std::to_string(rank_) +
                     " dimensions; frames are (n, rows, cols), or (rows, cols) for one");
  }
  if (rank_ == 2) extent.insert(extent.begin(), 1);
  const std::string problem = frame_size_problem(extent[1], extent[2]);
  if (!problem.empty()) throw InputError(name_ + ": " + problem);
  frames_ = extent[0];
  shape_ = {static_cast<std::uint32_t>(extent[1]), static_cast<std::uint32_t>(extent[2])};
}

void FrameDataset::take_storage() {
  const hdf5::Handle properties = own("storage", [&] { return H5Dget_create_plist(dataset_.id()); });
  const H5D_layout_t layout = call("storage", [&] { return H5Pget_layout(properties.id()); });
  if (layout != H5D_CHUNKED) return;
  chunk_.assign(rank_, 1);
  call("chunks", [&] { return H5Pget_chunk(properties.id(), static_cast<int>(rank_), chunk_.data()); });
  if (rank_ == 2) chunk_.insert(chunk_.begin(), 1);
  std::uint64_t bytes = pixels_.stored_bytes();
  for (const hsize_t side : chunk_) {
    if (side < 1 || side > max_chunk_bytes / bytes) {
      throw InputError(name_ + " is stored in chunks of more than 1 GiB; store it in chunks of one frame");
    }
    bytes *= side;
  }
  chunk_bytes_ = static_cast<std::size_t>(bytes);
  take_encoding(properties);
}

void FrameDataset::take_encoding(const hdf5::Handle& properties) {
  const int filters = call("filters", [&] { return H5Pget_nfilters(properties.id()); });
  if (filters == 0) own_encoding_ = Encoding::raw;
  if (filters == 1) own_encoding_ = encoding_of(first_filter(properties), pixels_.stored_bytes());
  if (!own_encoding_) require_known_filters(properties, name_);
}

}  // namespace braggd
