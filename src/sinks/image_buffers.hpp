// Memory of image messages, used again when they have been sent.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <braggd/bytes.hpp>

namespace braggd {

/// One thread makes messages; any may let them go.
class ImageBuffers {
 public:
  /// Keeps messages' memory, `most_bytes` of it at most.
  explicit ImageBuffers(std::uint64_t most_bytes);

  /// `head` and behind it `pixels`, in one piece. Pixels that a message sent before had from the same owner are still in its
  /// memory: they are not copied again once that message has been let go.
  Bytes message(std::span<const std::byte> head, const Bytes& pixels);

 private:
  struct Pool;
  struct Lent;
  std::shared_ptr<Pool> pool_;
};

}  // namespace braggd
