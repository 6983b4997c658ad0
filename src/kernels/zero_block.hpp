// What a block of zeros looks like when it is packed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include <braggd/frame.hpp>

namespace braggd {

/// Remembers the packed form of the last block that was seen to hold nothing but zeros. The same bytes unpack to the same
/// block, so blocks that look like it need not be unpacked to be known; most blocks of a photon counter without background
/// do.
class ZeroBlock {
 public:
  /// True: `packed` unpacks to `bytes` zeros. False: it may or may not.
  bool is_known(Encoding encoding, std::span<const std::byte> packed, std::size_t bytes) const {
    return packed.size() == packed_bytes_ && bytes == bytes_ && encoding == encoding_ &&
           std::memcmp(packed.data(), packed_.data(), packed_bytes_) == 0;
  }

  /// `packed` unpacked to `block`.
  void learn(Encoding encoding, std::span<const std::byte> packed, std::span<const std::byte> block) {
    if (packed.size() > packed_.size() || block.empty()) return;
    const bool all_alike = std::memcmp(block.data(), block.data() + 1, block.size() - 1) == 0;
    if (!all_alike || block.front() != std::byte{0}) return;
    std::ranges::copy(packed, packed_.begin());
    packed_bytes_ = packed.size();
    bytes_ = block.size();
    encoding_ = encoding;
  }

 private:
  std::array<std::byte, 128> packed_{};  // 8 KiB of zeros take 43 bytes with LZ4
  std::size_t packed_bytes_ = 0, bytes_ = 0;
  Encoding encoding_ = Encoding::raw;
};

}  // namespace braggd
