// One LZ4 block (the frame-less format of lz4_Block_format.md) of known size, as bitshuffled chunks are made of.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/kernel_set.hpp"

namespace braggd {

/// Writable bytes that must follow the block's room: the fast variants store whole vectors.
inline constexpr std::size_t lz4_slack_bytes = 64;

/// Unpacks `packed` into exactly `block_bytes` bytes at `block`, behind which lz4_slack_bytes more may be overwritten.
/// `readable_end`: memory may be read up to there, which is the end of the chunk that `packed` lies in. Returns false
/// where the block does not decode to exactly its size. Every length and offset is checked before it is used. The
/// verdict is that of LZ4_decompress_safe but for a match offset of 0, which the format forbids and which is refused
/// here. `scalar` is LZ4_decompress_safe and that one check, and writes nothing behind the block.
bool unpack_lz4_block(KernelSet set, std::span<const std::byte> packed, const std::byte* readable_end,
                      std::byte* block, std::size_t block_bytes);

}  // namespace braggd
