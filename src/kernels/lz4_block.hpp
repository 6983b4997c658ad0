// One LZ4 block (the frame-less format of lz4_Block_format.md) of known size, as bitshuffled chunks are made of.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/kernel_set.hpp"

namespace braggd {

/// Writable bytes that must follow the block's room: the fast variants store whole vectors.
inline constexpr std::size_t lz4_slack_bytes = 64;

/// Memory that blocks are unpacked into, one after the other. Bit planes of counts end with a long run of zeros, which is
/// still there from the block before: it is not written again.
struct BlockRoom {
  std::byte* bytes = nullptr;  ///< lz4_slack_bytes behind the last may be overwritten, too
  std::size_t size = 0;        ///< of the block
  std::size_t zero_from = 0;   ///< from here on the bytes are 0; `size`: that is not known
};

/// Unpacks `packed` into exactly room.size bytes. `readable_end`: memory may be read up to there, which is the end of the
/// chunk that `packed` lies in. Returns false where the block does not decode to exactly its size. Every length and offset is checked before it is used. The
/// verdict is that of LZ4_decompress_safe but for a match offset of 0, which the format forbids and which is refused
/// here. `scalar` is LZ4_decompress_safe and that one check, and writes nothing behind the block.
bool unpack_lz4_block(KernelSet set, std::span<const std::byte> packed, const std::byte* readable_end,
                      BlockRoom& room);

}  // namespace braggd
