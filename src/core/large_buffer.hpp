#pragma once

#include <cstddef>
#include <memory>

namespace braggd {

/// Zeroed bytes, aligned to a cache line; of some MiB and more on huge pages where the system has them, because tables
/// as large as a frame are walked with every frame and would miss the page tables' cache on small ones.
class LargeBuffer {
 public:
  LargeBuffer() = default;
  explicit LargeBuffer(std::size_t bytes);

  std::byte* data() { return memory_.get(); }
  const std::byte* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace braggd
