#include "core/byte_budget.hpp"

#include <algorithm>

namespace braggd {

class ByteBudget::Lease {
 public:
  Lease(ByteBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    // Notified under the lock: the waiter may destroy the budget as soon as it has seen the last lease return.
    const std::lock_guard lock(budget_.mutex_);
    budget_.in_use_bytes_ -= bytes_;
    budget_.freed_.notify_all();
  }

 private:
  ByteBudget& budget_;
  std::uint64_t bytes_;
};

void ByteBudget::take(std::uint64_t bytes) {
  in_use_bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, in_use_bytes_);
}

std::shared_ptr<const void> ByteBudget::acquire(std::uint64_t bytes) {
  if (bytes > capacity_bytes_) return nullptr;
  {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return in_use_bytes_ + bytes <= capacity_bytes_; });
    take(bytes);
  }
  return std::make_shared<const Lease>(*this, bytes);
}

std::shared_ptr<const void> ByteBudget::try_acquire(std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (bytes > capacity_bytes_ || in_use_bytes_ + bytes > capacity_bytes_) return nullptr;
    take(bytes);
  }
  return std::make_shared<const Lease>(*this, bytes);
}

std::uint64_t ByteBudget::peak_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_bytes_;
}

}  // namespace braggd
