// One HDF5 dataset seen as frames.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <braggd/error.hpp>
#include <braggd/frame.hpp>

#include "formats/hdf5.hpp"
#include "formats/pixel_storage.hpp"

namespace braggd {

/// A numeric dataset of (n, rows, cols), or (rows, cols) as one frame.
///
/// Frames whose chunk is the whole frame, stored raw or by filter 32008 (bitshuffle with LZ4 or Zstandard) or
/// 32004 (LZ4) in a type that needs no conversion, are handed on as they are stored. Tiles and stacks of
/// frames with these filters are decoded and put together here. Everything else goes through HDF5's own
/// filters.
///
/// A frame with an integer too large for its pixel type (see PixelStorage) is a FrameError.
class FrameDataset {
 public:
  /// `name` is for messages. Throws InputError where it cannot be read as frames, hdf5::Error where HDF5
  /// fails.
  FrameDataset(hdf5::Handle dataset, std::string name);

  std::uint64_t frames() const { return frames_; }
  Shape shape() const { return shape_; }
  PixelType pixel_type() const { return pixels_.pixel_type(); }
  const std::string& name() const { return name_; }

  struct Stored {
    Encoding encoding = Encoding::raw;
    Bytes bytes;
  };
  /// Frame `index` as it is stored; never throws for what is wrong with the data.
  Result<Stored> read(std::uint64_t index);
  /// The same, decoded: rows x cols pixels of pixel_type().
  Result<Bytes> read_raw(std::uint64_t index);

 private:
  struct Chunk {
    std::shared_ptr<std::byte[]> bytes;
    std::size_t size = 0;
    Encoding encoding = Encoding::raw;
  };

  void take_extent();
  void take_storage();
  void take_encoding(const hdf5::Handle& properties);
  bool is_whole_frame_chunk() const;
  Chunk read_chunk(const hsize_t* offset) const;
  Result<Bytes> assemble(std::uint64_t index);
  void fill_layer(std::uint64_t first_frame, std::uint64_t count);
  void place_chunk(const std::vector<hsize_t>& offset, std::uint64_t first_frame, std::uint64_t count);
  Bytes convert(std::span<const std::byte> stored) const;
  Bytes read_through_hdf5(std::uint64_t index) const;

  hdf5::Handle dataset_;
  std::string name_;
  std::size_t rank_ = 0;
  std::uint64_t frames_ = 0;
  Shape shape_;
  PixelStorage pixels_;
  std::vector<hsize_t> chunk_;            ///< frames, rows, cols; empty: not chunked
  std::size_t chunk_bytes_ = 0;           ///< of a whole decoded chunk
  std::optional<Encoding> own_encoding_;  ///< decoded here rather than by HDF5

  // Decoded frames of the stack of chunks that was read last.
  std::vector<std::byte> layer_;
  std::vector<std::byte> scratch_;
  std::uint64_t layer_first_ = 0;
  std::uint64_t layer_count_ = 0;
};

}  // namespace braggd
