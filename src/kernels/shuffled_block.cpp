#include "kernels/shuffled_block.hpp"

#include <memory>
#include <new>
#include <zstd.h>

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

void ShuffledBlock::fit(std::size_t bytes) {
  if (bytes > capacity_) {
    memory_.reset();
    memory_.reset(static_cast<std::byte*>(::operator new(bytes + lz4_slack_bytes, plane_alignment)));
    capacity_ = bytes;
    room_ = {};
  }
  if (bytes != room_.size) room_ = {memory_.get(), bytes, bytes};
}

const std::byte* ShuffledBlock::unpack(KernelSet set, Encoding encoding, std::span<const std::byte> packed,
                                       const std::byte* readable_end, std::size_t bytes) {
  fit(bytes);
  if (encoding != Encoding::bszstd) {
    return unpack_lz4_block(set, packed, readable_end, room_) ? room_.bytes : nullptr;
  }
  room_.zero_from = room_.size;
  return unpack_zstd(packed, room_.bytes, room_.size) ? room_.bytes : nullptr;
}

ShuffledBlock& ShuffledBlock::of_this_thread() {
  thread_local ShuffledBlock block;
  return block;
}

}  // namespace braggd
