#include <algorithm>
#include <lz4.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <zstd.h>

#include "kernels/bitshuffle.hpp"
#include "kernels/chunk.hpp"
#include "kernels/chunk_layout.hpp"
#include "kernels/chunk_variants.hpp"

namespace braggd {

namespace {

constexpr std::size_t lz4_default_block_bytes = std::size_t{1} << 30;
constexpr std::size_t shuffled_default_block_bytes = 8192;
constexpr std::size_t shuffled_min_elements = 128;

std::size_t pack_lz4(std::span<const std::byte> block, std::span<std::byte> packed) {
  const int bytes = LZ4_compress_default(reinterpret_cast<const char*>(block.data()),
                                         reinterpret_cast<char*>(packed.data()),
                                         static_cast<int>(block.size()), static_cast<int>(packed.size()));
  if (bytes <= 0) throw std::runtime_error("LZ4 cannot compress a block of " + std::to_string(block.size()));
  return static_cast<std::size_t>(bytes);
}

std::size_t pack_zstd(std::span<const std::byte> block, std::span<std::byte> packed) {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  if (context == nullptr) throw std::bad_alloc();
  const std::size_t bytes =
      ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), block.data(), block.size(), zstd_level);
  if (ZSTD_isError(bytes) != 0U) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(bytes));
  return bytes;
}

std::size_t packed_bound(Encoding encoding, std::size_t block_bytes) {
  if (encoding == Encoding::bszstd) return ZSTD_compressBound(block_bytes);
  return static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(block_bytes)));
}

std::size_t default_block_bytes(Encoding encoding, std::size_t element_bytes) {
  if (encoding == Encoding::lz4) return lz4_default_block_bytes;
  const std::size_t elements = shuffled_default_block_bytes / element_bytes / 8 * 8;
  return std::max(elements, shuffled_min_elements) * element_bytes;
}

void check_request(Encoding encoding, std::size_t element_bytes, std::size_t pixel_bytes,
                   std::size_t block_bytes) {
  if (block_bytes > LZ4_MAX_INPUT_SIZE) throw std::invalid_argument("encode_chunk: the blocks are too big");
  if (encoding == Encoding::lz4) return;
  if (element_bytes == 0 || element_bytes > max_element_bytes) {
    throw std::invalid_argument("encode_chunk: an element has 1 to 256 bytes");
  }
  if (pixel_bytes % element_bytes != 0 || block_bytes % (8 * element_bytes) != 0) {
    throw std::invalid_argument("encode_chunk: pixels are whole elements, blocks whole groups of 8 elements");
  }
}

/// Appends to a chunk.
class ChunkWriter {
 public:
  ChunkWriter(std::vector<std::byte>& chunk, std::uint64_t total_bytes, std::uint64_t block_bytes)
      : chunk_(chunk) {
    chunk_.clear();
    put<8>(total_bytes);
    put<4>(block_bytes);
  }

  void put(std::span<const std::byte> bytes) { chunk_.insert(chunk_.end(), bytes.begin(), bytes.end()); }

  void put_block(std::span<const std::byte> packed) {
    put<block_length_bytes>(packed.size());
    put(packed);
  }

 private:
  template <std::size_t bytes>
  void put(std::uint64_t value) {
    for (std::size_t i = bytes; i-- > 0;) chunk_.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
  }

  std::vector<std::byte>& chunk_;
};

std::span<std::byte> room_for(std::vector<std::byte>& buffer, std::size_t bytes) {
  if (buffer.size() < bytes) buffer.resize(bytes);
  return std::span(buffer).first(bytes);
}

void encode_lz4(ChunkWriter& writer, std::span<const std::byte> pixels, std::size_t block_bytes) {
  std::vector<std::byte> buffer;
  while (!pixels.empty()) {
    const auto block = pixels.first(std::min(block_bytes, pixels.size()));
    const auto room = room_for(buffer, packed_bound(Encoding::lz4, block.size()));
    const auto packed = room.first(pack_lz4(block, room));
    writer.put_block(packed.size() < block.size() ? packed
                                                  : block);  // what does not shrink is stored as it is
    pixels = pixels.subspan(block.size());
  }
}

void encode_shuffled(KernelSet set, Encoding encoding, std::size_t element_bytes, ChunkWriter& writer,
                     std::span<const std::byte> pixels, std::size_t block_bytes) {
  std::vector<std::byte> planes_buffer;
  std::vector<std::byte> packed_buffer;
  const auto pack = encoding == Encoding::bszstd ? pack_zstd : pack_lz4;
  while (const std::size_t bytes = shuffled_block_bytes(pixels.size(), block_bytes, element_bytes)) {
    const auto planes = room_for(planes_buffer, bytes);
    shuffle_bits(set, element_bytes, pixels.first(bytes), planes);
    const auto room = room_for(packed_buffer, packed_bound(encoding, bytes));
    writer.put_block(room.first(pack(planes, room)));
    pixels = pixels.subspan(bytes);
  }
  writer.put(pixels);
}

}  // namespace

void encode_chunk_with(KernelSet set, Encoding encoding, std::size_t element_bytes,
                       std::span<const std::byte> pixels, std::vector<std::byte>& chunk,
                       std::size_t block_bytes) {
  if (encoding == Encoding::raw) {
    chunk.assign(pixels.begin(), pixels.end());
    return;
  }
  if (block_bytes == 0) block_bytes = default_block_bytes(encoding, std::max<std::size_t>(element_bytes, 1));
  check_request(encoding, element_bytes, pixels.size(), block_bytes);
  if (encoding == Encoding::lz4) block_bytes = std::min(block_bytes, pixels.size());

  ChunkWriter writer(chunk, pixels.size(), block_bytes);
  if (encoding == Encoding::lz4) {
    encode_lz4(writer, pixels, block_bytes);
  } else {
    encode_shuffled(set, encoding, element_bytes, writer, pixels, block_bytes);
  }
}

void encode_chunk(Encoding encoding, std::size_t element_bytes, std::span<const std::byte> pixels,
                  std::vector<std::byte>& chunk, std::size_t block_bytes) {
  encode_chunk_with(kernel_set(), encoding, element_bytes, pixels, chunk, block_bytes);
}

}  // namespace braggd
