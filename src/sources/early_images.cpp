#include "sources/early_images.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace braggd {

namespace {

// Messages of a few bytes must not be for free.
constexpr std::uint64_t overhead_bytes = 1024;

std::uint64_t cost_bytes(const ArrivedImage& image) {
  return image.arrival.message_bytes + overhead_bytes;
}

}  // namespace

bool EarlyImages::hold(ArrivedImage& image, TimePoint now) {
  const std::uint64_t cost = cost_bytes(image);
  if (cost > capacity_bytes_ - held_bytes_) return false;
  held_bytes_ += cost;
  held_.push_back({std::move(image), now});
  return true;
}

std::vector<ArrivedImage> EarlyImages::take(const std::string& scan_id) {
  std::vector<ArrivedImage> taken;
  std::deque<Held> kept;
  for (Held& held : held_) {
    if (held.image.scan_id == scan_id) {
      held_bytes_ -= cost_bytes(held.image);
      taken.push_back(std::move(held.image));
    } else {
      kept.push_back(std::move(held));
    }
  }
  held_ = std::move(kept);
  return taken;
}

std::vector<ArrivedImage> EarlyImages::take_expired(TimePoint now) {
  std::vector<ArrivedImage> taken;
  while (!held_.empty() && now - held_.front().since >= hold_) {
    held_bytes_ -= cost_bytes(held_.front().image);
    taken.push_back(std::move(held_.front().image));
    held_.pop_front();
  }
  return taken;
}

}  // namespace braggd
