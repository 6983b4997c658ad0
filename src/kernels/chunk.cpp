#include "kernels/chunk.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/bitshuffle.hpp"
#include "kernels/chunk_reader.hpp"
#include "kernels/chunk_variants.hpp"
#include "kernels/lz4_block.hpp"
#include "kernels/shuffled_block.hpp"

namespace braggd {

namespace {

ChunkError decode_lz4(ChunkReader& reader, std::uint64_t block_bytes, std::span<std::byte> pixels) {
  while (!pixels.empty()) {
    const auto block =
        pixels.first(static_cast<std::size_t>(std::min<std::uint64_t>(block_bytes, pixels.size())));
    pixels = pixels.subspan(block.size());
    BlockRoom room{block.data(), block.size(), block.size()};
    std::span<const std::byte> packed;
    if (!reader.take_block(packed)) return ChunkError::truncated;
    if (packed.size() == block.size()) {  // what did not shrink is stored as it is
      std::memcpy(block.data(), packed.data(), block.size());
    } else if (!unpack_lz4_block(KernelSet::scalar, packed, reader.readable_end(), room)) {
      return ChunkError::corrupt_block;
    }
  }
  return reader.end();
}

ChunkError decode_shuffled(KernelSet set, Encoding encoding, std::size_t element_bytes, ChunkReader& reader,
                           std::size_t block_bytes, std::span<std::byte> pixels) {
  ShuffledBlock& block = ShuffledBlock::of_this_thread();
  while (const std::size_t bytes = shuffled_block_bytes(pixels.size(), block_bytes, element_bytes)) {
    std::span<const std::byte> packed;
    if (!reader.take_block(packed)) return ChunkError::truncated;
    const std::byte* planes = block.unpack(set, encoding, packed, reader.readable_end(), bytes);
    if (planes == nullptr) return ChunkError::corrupt_block;
    unshuffle_bits(set, element_bytes, {planes, bytes}, pixels.first(bytes));
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
  std::size_t block_bytes = 0;
  const ChunkError error = reader.take_header(encoding, element_bytes, pixels.size(), block_bytes);
  if (error != ChunkError::none) return error;
  if (pixels.empty()) return reader.end();
  if (encoding == Encoding::lz4) return decode_lz4(reader, block_bytes, pixels);
  return decode_shuffled(set, encoding, element_bytes, reader, block_bytes, pixels);
}

ChunkError decode_chunk(Encoding encoding, std::size_t element_bytes, std::span<const std::byte> chunk,
                        std::span<std::byte> pixels) {
  return decode_chunk_with(kernel_set(), encoding, element_bytes, chunk, pixels);
}

}  // namespace braggd
