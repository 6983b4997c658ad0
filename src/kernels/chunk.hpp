// Compressed pixel chunks: the layouts of HDF5 filters 32004 (lz4) and 32008 (bitshuffle), as they stand in files and
// travel in DECTRIS Stream V2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <braggd/frame.hpp>

namespace braggd {

enum class ChunkError : std::uint8_t {
  none,
  wrong_size,      ///< raw bytes, or the total that the header declares, differ from what was expected
  truncated,       ///< a header or block reaches beyond the end
  bad_block_size,  ///< zero, beyond INT_MAX, or no multiple of 8 elements
  corrupt_block,   ///< a block does not decode to exactly its size
  trailing_bytes,  ///< bytes are left after the last block
};

std::string_view describe(ChunkError error);

/// Decodes `chunk` into `pixels`, which has exactly the expected size. Checks every length before it is used; reads
/// nothing outside `chunk`, writes nothing outside `pixels`. On an error the content of `pixels` is unspecified.
/// `element_bytes`: 1, 2, 4 (any 1..256 for bitshuffled chunks). Thread-safe.
ChunkError decode_chunk(Encoding encoding, std::size_t element_bytes, std::span<const std::byte> chunk,
                        std::span<std::byte> pixels);

/// The inverse: fills `chunk` (its capacity is reused). `block_bytes` 0: bitshuffle's default block (8 KiB worth of
/// elements), 1 GiB for lz4. Deterministic.
void encode_chunk(Encoding encoding, std::size_t element_bytes, std::span<const std::byte> pixels,
                  std::vector<std::byte>& chunk, std::size_t block_bytes = 0);

}  // namespace braggd
