#include "formats/frame_dataset.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/chunk.hpp"

namespace braggd {

using hdf5::call;
using hdf5::own;

namespace {

// A stack of frames in one chunk is kept decoded if it is no larger than this.
constexpr std::uint64_t max_layer_bytes = std::uint64_t{512} << 20;

Bytes allocate(std::size_t size, std::byte*& data) {
  const auto block = std::make_shared_for_overwrite<std::byte[]>(size);
  data = block.get();
  return {block, {block.get(), size}};
}

// A damaged frame, as the reader of a scan wants to hear of it.
FrameError damaged(const std::string& name, std::uint64_t index, const std::string& why) {
  return {DropReason::decode_error, "frame " + std::to_string(index) + " of " + name + ": " + why};
}

}  // namespace

Result<FrameDataset::Stored> FrameDataset::read(std::uint64_t index) {
  try {
    if (!is_whole_frame_chunk()) {
      auto raw = read_raw(index);
      if (!raw) return raw.error();
      return Stored{Encoding::raw, std::move(raw.value())};
    }
    const hsize_t offset[3] = {index, 0, 0};
    Chunk chunk = read_chunk(rank_ == 3 ? offset : offset + 1);
    if (chunk.encoding == Encoding::raw && chunk.size != chunk_bytes_) {
      return damaged(
          name_, index,
          "its chunk has " + std::to_string(chunk.size) + " bytes, not " + std::to_string(chunk_bytes_));
    }
    const std::span<const std::byte> view(chunk.bytes.get(), chunk.size);
    return Stored{chunk.encoding, Bytes(std::move(chunk.bytes), view)};
  } catch (const hdf5::Error& error) {
    return damaged(name_, index, error.what());
  }
}

Result<Bytes> FrameDataset::read_raw(std::uint64_t index) {
  if (index >= frames_) return damaged(name_, index, "the scan ends before it");
  try {
    if (own_encoding_) return assemble(index);
    return read_through_hdf5(index);
  } catch (const hdf5::Error& error) {
    return damaged(name_, index, error.what());
  }
}

bool FrameDataset::is_whole_frame_chunk() const {
  return own_encoding_ && pixels_.is_native() && chunk_ == std::vector<hsize_t>{1, shape_.rows, shape_.cols};
}

// Throws hdf5::Error for a chunk that is absent, absurd or unreadable.
FrameDataset::Chunk FrameDataset::read_chunk(const hsize_t* offset) const {
  Chunk chunk;
  unsigned skipped_filters = 0;
  haddr_t address = HADDR_UNDEF;
  hsize_t size = 0;
  call("cannot find its chunk",
       [&] { return H5Dget_chunk_info_by_coord(dataset_.id(), offset, &skipped_filters, &address, &size); });
  if (address == HADDR_UNDEF) throw hdf5::Error("it was never written");
  if (size > 2 * std::uint64_t{chunk_bytes_} + (1U << 20)) {
    throw hdf5::Error("its chunk claims " + std::to_string(size) + " bytes, far more than its pixels need");
  }
  chunk.size = static_cast<std::size_t>(size);
  chunk.bytes = std::make_shared_for_overwrite<std::byte[]>(std::max<std::size_t>(chunk.size, 1));
  std::uint32_t unreliable = 0;  // HDF5 1.10.8 gives 0 here whatever was skipped
  call("cannot read its chunk",
       [&] { return H5Dread_chunk(dataset_.id(), H5P_DEFAULT, offset, &unreliable, chunk.bytes.get()); });
  chunk.encoding = skipped_filters != 0 ? Encoding::raw : *own_encoding_;
  return chunk;
}

// Puts the part of a chunk that belongs to frames [first_frame, first_frame + count) into `layer_`.
void FrameDataset::place_chunk(const std::vector<hsize_t>& offset, std::uint64_t first_frame,
                               std::uint64_t count) {
  const Chunk chunk = read_chunk(offset.data() + (3 - rank_));
  const std::size_t pixel = pixels_.stored_bytes();
  scratch_.resize(chunk_bytes_);
  const auto error = decode_chunk(chunk.encoding, pixel, {chunk.bytes.get(), chunk.size}, scratch_);
  if (error != ChunkError::none) throw hdf5::Error("its chunk is damaged: " + std::string(describe(error)));

  const std::uint64_t rows = std::min<std::uint64_t>(chunk_[1], shape_.rows - offset[1]);
  const std::uint64_t cols = std::min<std::uint64_t>(chunk_[2], shape_.cols - offset[2]);
  for (std::uint64_t frame = 0; frame < count; ++frame) {
    const std::uint64_t in_chunk = first_frame + frame - offset[0];
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::uint64_t from = ((in_chunk * chunk_[1] + row) * chunk_[2]) * pixel;
      const std::uint64_t to = ((frame * shape_.rows + offset[1] + row) * shape_.cols + offset[2]) * pixel;
      std::memcpy(layer_.data() + to, scratch_.data() + from, cols * pixel);
    }
  }
}

void FrameDataset::fill_layer(std::uint64_t first_frame, std::uint64_t count) {
  layer_count_ = 0;  // until it is whole
  layer_.resize(count * shape_.pixels() * pixels_.stored_bytes());
  for (std::uint64_t row = 0; row < shape_.rows; row += chunk_[1]) {
    for (std::uint64_t col = 0; col < shape_.cols; col += chunk_[2]) {
      place_chunk({first_frame / chunk_[0] * chunk_[0], row, col}, first_frame, count);
    }
  }
  layer_first_ = first_frame;
  layer_count_ = count;
}

Result<Bytes> FrameDataset::assemble(std::uint64_t index) {
  const std::uint64_t frame_bytes = shape_.pixels() * pixels_.stored_bytes();
  if (index < layer_first_ || index - layer_first_ >= layer_count_) {
    const std::uint64_t stack_first = index / chunk_[0] * chunk_[0];
    const std::uint64_t stack = std::min<std::uint64_t>(chunk_[0], frames_ - stack_first);
    if (stack * frame_bytes <= max_layer_bytes) {
      fill_layer(stack_first, stack);
    } else {
      fill_layer(index, 1);
    }
  }
  return convert(
      std::span<const std::byte>(layer_).subspan((index - layer_first_) * frame_bytes, frame_bytes));
}

Bytes FrameDataset::convert(std::span<const std::byte> stored) const {
  const std::size_t converted_bytes = shape_.pixels() * bytes_per_pixel(pixel_type());
  std::byte* data = nullptr;
  const std::size_t memory_bytes = shape_.pixels() * pixels_.memory_bytes();
  const Bytes bytes = allocate(std::max(memory_bytes, stored.size()), data);  // converted in place
  std::memcpy(data, stored.data(), stored.size());
  pixels_.convert(data, shape_.pixels());
  return bytes.slice({data, converted_bytes});
}

Bytes FrameDataset::read_through_hdf5(std::uint64_t index) const {
  const hdf5::Handle file_space = own("dataspace", [&] { return H5Dget_space(dataset_.id()); });
  const hsize_t start[3] = {index, 0, 0};
  const hsize_t count[3] = {1, shape_.rows, shape_.cols};
  const std::size_t skip = 3 - rank_;
  call("selection", [&] {
    return H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start + skip, nullptr, count + skip, nullptr);
  });
  const hdf5::Handle memory_space = own("dataspace", [&] { return H5Screate_simple(2, count + 1, nullptr); });
  std::byte* data = nullptr;
  const Bytes bytes = allocate(shape_.pixels() * pixels_.memory_bytes(), data);
  call("cannot read it as " + std::string(name_of(pixel_type())), [&] {
    return H5Dread(dataset_.id(), pixels_.memory_type(), memory_space.id(), file_space.id(),
                   pixels_.transfer(), data);
  });
  pixels_.finish(data, shape_.pixels());
  return bytes.slice({data, shape_.pixels() * bytes_per_pixel(pixel_type())});
}

}  // namespace braggd
