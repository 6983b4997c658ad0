// Bounded memory: frames in flight hold leases on a budget of bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "core/recycler.hpp"

namespace braggd {

/// A budget of bytes, shared by all who hold leases on it. Free bytes are the back-pressure tokens. Without locks;
/// leases allocate nothing once as many were held before.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  /// Waits until `bytes` are free and takes them; they return with the last copy of the lease. A wish beyond the
  /// whole budget is refused at once with null. The budget must outlive its leases.
  std::shared_ptr<const void> acquire(std::uint64_t bytes);

  /// The same without waiting: null where the bytes are not free now.
  std::shared_ptr<const void> try_acquire(std::uint64_t bytes);

  std::uint64_t capacity_bytes() const { return capacity_bytes_; }
  std::uint64_t peak_bytes() const { return peak_bytes_; }
  std::uint64_t in_use_bytes() const { return in_use_bytes_; }

 private:
  struct Lease {
    ByteBudget* budget = nullptr;
    std::uint64_t bytes = 0;
    void end() noexcept {
      if (budget != nullptr) budget->give_back(bytes);
      *this = {};
    }
    friend void empty(Lease& lease) noexcept { lease.end(); }
  };
  std::shared_ptr<const void> lease(std::uint64_t bytes, bool may_wait);
  void give_back(std::uint64_t bytes) noexcept;

  const std::uint64_t capacity_bytes_;
  std::atomic<std::uint64_t> in_use_bytes_{0};
  std::atomic<std::uint64_t> peak_bytes_{0};
  Recycler<Lease> leases_;
};

}  // namespace braggd
