// Walks through a chunk: header, then blocks, each behind its length. Every length is checked before it is used.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/chunk.hpp"
#include "kernels/chunk_layout.hpp"

namespace braggd {

/// The unread rest of a chunk.
class ChunkReader {
 public:
  explicit ChunkReader(std::span<const std::byte> chunk) : rest_(chunk) {}

  /// Takes `bytes` off the front, or nothing and false where fewer are left.
  bool take(std::uint64_t bytes, std::span<const std::byte>& taken) {
    if (bytes > rest_.size()) return false;
    taken = rest_.first(static_cast<std::size_t>(bytes));
    rest_ = rest_.subspan(static_cast<std::size_t>(bytes));
    return true;
  }

  /// Takes a length and as many bytes.
  bool take_block(std::span<const std::byte>& block) {
    std::span<const std::byte> length;
    return take(block_length_bytes, length) && take(load_big_endian(length), block);
  }

  /// Takes the header of a chunk of `pixel_bytes` bytes; `block_bytes` is what it says of the blocks.
  ChunkError take_header(Encoding encoding, std::size_t element_bytes, std::uint64_t pixel_bytes,
                         std::size_t& block_bytes) {
    std::span<const std::byte> header;
    if (!take(chunk_header_bytes, header)) return ChunkError::truncated;
    if (load_big_endian(header.first<8>()) != pixel_bytes) return ChunkError::wrong_size;
    block_bytes = static_cast<std::size_t>(load_big_endian(header.subspan<8, 4>()));
    if (pixel_bytes == 0) return ChunkError::none;
    if (block_bytes == 0 || block_bytes > INT_MAX) return ChunkError::bad_block_size;
    if (encoding == Encoding::lz4) return ChunkError::none;
    if (element_bytes == 0 || element_bytes > max_element_bytes || block_bytes % (8 * element_bytes) != 0) {
      return ChunkError::bad_block_size;
    }
    return pixel_bytes % element_bytes == 0 ? ChunkError::none : ChunkError::wrong_size;
  }

  /// Where the chunk's memory ends.
  const std::byte* readable_end() const { return rest_.data() + rest_.size(); }
  ChunkError end() const { return rest_.empty() ? ChunkError::none : ChunkError::trailing_bytes; }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace braggd
