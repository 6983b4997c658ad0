// The chunk functions for a given kernel set.
#pragma once

#include "kernels/chunk.hpp"
#include "kernels/kernel_set.hpp"

namespace braggd {

ChunkError decode_chunk_with(KernelSet set, Encoding encoding, std::size_t element_bytes,
                             std::span<const std::byte> chunk, std::span<std::byte> pixels);

void encode_chunk_with(KernelSet set, Encoding encoding, std::size_t element_bytes,
                       std::span<const std::byte> pixels, std::vector<std::byte>& chunk,
                       std::size_t block_bytes);

}  // namespace braggd
