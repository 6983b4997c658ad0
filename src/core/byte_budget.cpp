#include "core/byte_budget.hpp"

#include <utility>

namespace braggd {

std::shared_ptr<const void> ByteBudget::lease(std::uint64_t bytes, bool may_wait) {
  if (bytes > capacity_bytes_) return nullptr;
  auto lease = leases_.take();
  std::uint64_t in_use = in_use_bytes_.load();
  for (bool taken = false; !taken;) {
    if (in_use <= capacity_bytes_ - bytes) {
      taken = in_use_bytes_.compare_exchange_weak(in_use, in_use + bytes);
      continue;
    }
    if (!may_wait) return nullptr;
    in_use_bytes_.wait(in_use);
    in_use = in_use_bytes_.load();
  }
  *lease = {this, bytes};
  std::uint64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (peak < in_use + bytes &&
         !peak_bytes_.compare_exchange_weak(peak, in_use + bytes, std::memory_order_relaxed)) {
  }
  return std::move(lease).share();
}

void ByteBudget::give_back(std::uint64_t bytes) noexcept {
  in_use_bytes_.fetch_sub(bytes);
  in_use_bytes_
      .notify_all();  // looks at nothing but the address, should a waiter have ended the budget by now
}

std::shared_ptr<const void> ByteBudget::acquire(std::uint64_t bytes) {
  return lease(bytes, true);
}

std::shared_ptr<const void> ByteBudget::try_acquire(std::uint64_t bytes) {
  return lease(bytes, false);
}

}  // namespace braggd
