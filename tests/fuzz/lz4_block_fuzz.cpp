// Input: u16 (little-endian) block size, u8 readable bytes behind, then the block. Every set against liblz4: the same
// verdict but for matches with the offset 0, and the same bytes. Memory ends where the contract says it does, so that
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
  const auto unpack = [&](KernelSet set, std::vector<std::byte>& room) {
    return unpack_lz4_block(set, {packed.data(), packed_bytes}, packed.data() + packed.size(), room.data(),
                            block_bytes);
  };
  std::vector<std::byte> expected(block_bytes + lz4_slack_bytes);
  const bool whole = unpack(KernelSet::scalar, expected);
  for (const KernelSet set : supported_kernel_sets()) {
    std::vector<std::byte> room(block_bytes + lz4_slack_bytes);
    if (unpack(set, room) != whole) std::abort();
    if (whole && !std::equal(room.begin(), room.end() - lz4_slack_bytes, expected.begin())) std::abort();
  }
  return 0;
}
