// One block of a bitshuffled chunk, unpacked but not unshuffled.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <braggd/frame.hpp>

#include "kernels/kernel_set.hpp"
#include "kernels/lz4_block.hpp"

namespace braggd {

/// Unpacks blocks into memory of its own, which grows to the largest block and never beyond the largest frame, because
/// blocks are cut to the expected size before they are unpacked.
class ShuffledBlock {
 public:
  /// The bit planes of `packed`, `bytes` in all; null where it does not decode to exactly that. Valid until the next
  /// call. `readable_end`: where the chunk's memory ends.
  const std::byte* unpack(KernelSet set, Encoding encoding, std::span<const std::byte> packed,
                          const std::byte* readable_end, std::size_t bytes);

  /// From where on the last block's bytes are 0; its size where that is not known.
  std::size_t zero_from() const { return room_.zero_from; }

  /// The block of this thread.
  static ShuffledBlock& of_this_thread();

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  void fit(std::size_t bytes);

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
  BlockRoom room_;  // of the block before
};

}  // namespace braggd
