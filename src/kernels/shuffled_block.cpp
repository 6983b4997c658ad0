#include "kernels/shuffled_block.hpp"

#include <memory>
#include <new>
#include <zstd.h>

#include "kernels/lz4_block.hpp"

namespace braggd {

namespace {

constexpr std::align_val_t plane_alignment{64};

bool unpack_zstd(std::span<const std::byte> packed, std::byte* block, std::size_t bytes) {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  // A size of another block is not equal to `bytes`, an error code even less.
  return ZSTD_decompressDCtx(context.get(), block, bytes, packed.data(), packed.size()) == bytes;
}

}  // namespace

void ShuffledBlock::Free::operator()(std::byte* memory) const {
  ::operator delete(memory, plane_alignment);
}

std::byte* ShuffledBlock::room(std::size_t bytes) {
  if (bytes > capacity_) {
    memory_.reset();
    memory_.reset(static_cast<std::byte*>(::operator new(bytes + lz4_slack_bytes, plane_alignment)));
    capacity_ = bytes;
  }
  return memory_.get();
}

const std::byte* ShuffledBlock::unpack(KernelSet set, Encoding encoding, std::span<const std::byte> packed,
                                       const std::byte* readable_end, std::size_t bytes) {
  std::byte* planes = room(bytes);
  const bool whole = encoding == Encoding::bszstd
                         ? unpack_zstd(packed, planes, bytes)
                         : unpack_lz4_block(set, packed, readable_end, planes, bytes);
  return whole ? planes : nullptr;
}

ShuffledBlock& ShuffledBlock::of_this_thread() {
  thread_local ShuffledBlock block;
  return block;
}

}  // namespace braggd
