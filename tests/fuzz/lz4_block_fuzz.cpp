// Input: u16 (little-endian) block size, u8 readable bytes behind, then the block. Every set against liblz4: the same
// verdict but for matches with the offset 0, and the same bytes, in a room that was empty and in one that holds a block whose
// zeros are known; what is known of zeros afterwards holds. Memory ends where the contract says it does, so that
// the address sanitizer sees every byte read or written beyond.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernels/lz4_block.hpp"

namespace {

constexpr std::size_t prefix_bytes = 3;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace braggd;
  if (size < prefix_bytes) return 0;
  const std::size_t block_bytes = data[0] | std::size_t{data[1]} << 8;
  const std::size_t behind = data[2];
  const std::size_t packed_bytes = size - prefix_bytes;
  std::vector<std::byte> packed(packed_bytes + behind);
  std::copy_n(reinterpret_cast<const std::byte*>(data) + prefix_bytes, packed_bytes, packed.begin());
  const auto unpack = [&](KernelSet set, BlockRoom& room) {
    return unpack_lz4_block(set, {packed.data(), packed_bytes}, packed.data() + packed.size(), room);
  };
  std::vector<std::byte> expected(block_bytes + lz4_slack_bytes);
  BlockRoom by_definition{expected.data(), block_bytes, block_bytes};
  const bool whole = unpack(KernelSet::scalar, by_definition);
  for (const KernelSet set : supported_kernel_sets()) {
    for (const std::size_t zero_from : {block_bytes, block_bytes / 2, std::size_t{0}}) {
      std::vector<std::byte> bytes(block_bytes + lz4_slack_bytes, std::byte{0x5a});
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(zero_from), bytes.end() - lz4_slack_bytes,
                std::byte{0});
      BlockRoom room{bytes.data(), block_bytes, zero_from};
      if (unpack(set, room) != whole) std::abort();
      if (!whole) continue;
      if (!std::equal(bytes.begin(), bytes.end() - lz4_slack_bytes, expected.begin())) std::abort();
      const auto known = expected.begin() + static_cast<std::ptrdiff_t>(room.zero_from);
      if (std::any_of(known, expected.end() - lz4_slack_bytes,
                      [](std::byte byte) { return byte != std::byte{0}; })) {
        std::abort();
      }
    }
  }
  return 0;
}
