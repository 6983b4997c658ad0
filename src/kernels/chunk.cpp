#include "kernels/chunk.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <lz4.h>
#include <memory>
#include <zstd.h>

#include "kernels/bitshuffle.hpp"
#include "kernels/chunk_layout.hpp"
#include "kernels/chunk_variants.hpp"

namespace braggd {

namespace {

bool unpack_lz4(std::span<const std::byte> packed, std::span<std::byte> block) {
  if (packed.size() > INT_MAX) return false;
  const int unpacked =
      LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()), reinterpret_cast<char*>(block.data()),
                          static_cast<int>(packed.size()), static_cast<int>(block.size()));
  return unpacked >= 0 && static_cast<std::size_t>(unpacked) == block.size();
}

bool unpack_zstd(std::span<const std::byte> packed, std::span<std::byte> block) {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  // A size of another block is not equal to block.size(), an error code even less.
  return ZSTD_decompressDCtx(context.get(), block.data(), block.size(), packed.data(), packed.size()) ==
         block.size();
}

/// Room for one unpacked block. It grows to the largest block of the thread's life and never beyond the
/// largest frame, because blocks are cut to the expected size before they are unpacked.
std::span<std::byte> scratch(std::size_t bytes) {
  thread_local std::vector<std::byte> buffer;
  if (buffer.size() < bytes) buffer.resize(bytes);
  return std::span(buffer).first(bytes);
}

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

  ChunkError end() const { return rest_.empty() ? ChunkError::none : ChunkError::trailing_bytes; }

 private:
  std::span<const std::byte> rest_;
};

ChunkError decode_lz4(ChunkReader& reader, std::uint64_t block_bytes, std::span<std::byte> pixels) {
  while (!pixels.empty()) {
    const auto block =
        pixels.first(static_cast<std::size_t>(std::min<std::uint64_t>(block_bytes, pixels.size())));
    pixels = pixels.subspan(block.size());
    std::span<const std::byte> packed;
    if (!reader.take_block(packed)) return ChunkError::truncated;
    if (packed.size() == block.size()) {  // what did not shrink is stored as it is
      std::memcpy(block.data(), packed.data(), block.size());
    } else if (!unpack_lz4(packed, block)) {
      return ChunkError::corrupt_block;
    }
  }
  return reader.end();
}

ChunkError decode_shuffled(KernelSet set, Encoding encoding, std::size_t element_bytes, ChunkReader& reader,
                           std::size_t block_bytes, std::span<std::byte> pixels) {
  const auto unpack = encoding == Encoding::bszstd ? unpack_zstd : unpack_lz4;
  const auto planes = scratch(shuffled_block_bytes(pixels.size(), block_bytes, element_bytes));
  while (const std::size_t bytes = shuffled_block_bytes(pixels.size(), block_bytes, element_bytes)) {
    std::span<const std::byte> packed;
    if (!reader.take_block(packed)) return ChunkError::truncated;
    if (!unpack(packed, planes.first(bytes))) return ChunkError::corrupt_block;
    unshuffle_bits(set, element_bytes, planes.first(bytes), pixels.first(bytes));
    pixels = pixels.subspan(bytes);
  }
  std::span<const std::byte> left_over;
  if (!reader.take(pixels.size(), left_over)) return ChunkError::truncated;
  std::ranges::copy(left_over, pixels.begin());
  return reader.end();
}

}  // namespace

std::string_view describe(ChunkError error) {
  switch (error) {
    case ChunkError::none:
      return "no error";
    case ChunkError::wrong_size:
      return "the pixel bytes are not as many as the frame has";
    case ChunkError::truncated:
      return "the chunk ends before its last block";
    case ChunkError::bad_block_size:
      return "the block size is zero, too big, or no multiple of 8 elements";
    case ChunkError::corrupt_block:
      return "a block does not decompress to its size";
    case ChunkError::trailing_bytes:
      return "bytes are left after the last block";
  }
  return "unknown error";
}

ChunkError decode_chunk_with(KernelSet set, Encoding encoding, std::size_t element_bytes,
                             std::span<const std::byte> chunk, std::span<std::byte> pixels) {
  if (encoding == Encoding::raw) {
    if (chunk.size() != pixels.size()) return ChunkError::wrong_size;
    std::ranges::copy(chunk, pixels.begin());
    return ChunkError::none;
  }
  ChunkReader reader(chunk);
  std::span<const std::byte> header;
  if (!reader.take(chunk_header_bytes, header)) return ChunkError::truncated;
  if (load_big_endian(header.first<8>()) != pixels.size()) return ChunkError::wrong_size;
  if (pixels.empty()) return reader.end();
  const std::uint64_t block_bytes = load_big_endian(header.subspan<8, 4>());
  if (block_bytes == 0 || block_bytes > INT_MAX) return ChunkError::bad_block_size;
  if (encoding == Encoding::lz4) return decode_lz4(reader, block_bytes, pixels);

  if (element_bytes == 0 || element_bytes > max_element_bytes || block_bytes % (8 * element_bytes) != 0) {
    return ChunkError::bad_block_size;
  }
  if (pixels.size() % element_bytes != 0) return ChunkError::wrong_size;
  return decode_shuffled(set, encoding, element_bytes, reader, static_cast<std::size_t>(block_bytes), pixels);
}

ChunkError decode_chunk(Encoding encoding, std::size_t element_bytes, std::span<const std::byte> chunk,
                        std::span<std::byte> pixels) {
  return decode_chunk_with(kernel_set(), encoding, element_bytes, chunk, pixels);
}

}  // namespace braggd
