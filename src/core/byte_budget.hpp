// Bounded memory: frames in flight hold leases on a budget of bytes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace braggd {

/// A budget of bytes, shared by all who hold leases on it. Free bytes are the back-pressure tokens.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  /// Waits until `bytes` are free and takes them; they return with the last copy of the lease. A wish beyond the
  /// whole budget is refused at once with null. The budget must outlive its leases.
  std::shared_ptr<const void> acquire(std::uint64_t bytes);

  /// The same without waiting: null where the bytes are not free now.
  std::shared_ptr<const void> try_acquire(std::uint64_t bytes);

  std::uint64_t capacity_bytes() const { return capacity_bytes_; }
  std::uint64_t peak_bytes() const;

 private:
  class Lease;
  void take(std::uint64_t bytes);  // under the lock
  const std::uint64_t capacity_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::uint64_t in_use_bytes_ = 0;
  std::uint64_t peak_bytes_ = 0;
};

}  // namespace braggd
