#include "sinks/image_buffers.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace braggd {

namespace {

constexpr std::size_t usual_head_bytes = 512;

/// Pixels, and before them room for a head: a new head needs no other place for the pixels.
class Buffer {
 public:
  Buffer(std::size_t head_bytes, std::size_t pixel_bytes)
      : head_bytes_(std::max(head_bytes, usual_head_bytes)),
        bytes_(head_bytes_ + pixel_bytes + pixel_bytes / 16),  // the next frame may compress a little worse
        memory_(std::make_unique_for_overwrite<std::byte[]>(bytes_)) {}

  std::size_t bytes() const { return bytes_; }
  bool has_room(std::size_t head_bytes, std::size_t pixel_bytes) const {
    return head_bytes <= head_bytes_ && pixel_bytes <= bytes_ - head_bytes_;
  }
  /// Whether these pixels are in it already.
  bool holds(const Bytes& pixels) const {
    return pixels.owner() != nullptr && pixels.owner() == source_.lock() &&
           pixels.view().data() == copied_.data() && pixels.size() == copied_.size();
  }
  /// Nobody can ask for its pixels again.
  bool is_stale() const { return source_.expired(); }

  std::span<const std::byte> fill(std::span<const std::byte> head, const Bytes& pixels) {
    std::byte* const place = memory_.get() + head_bytes_;
    if (!holds(pixels)) {
      std::ranges::copy(pixels.view(), place);
      source_ = pixels.owner();
      copied_ = pixels.view();
    }
    std::ranges::copy_backward(head, place);
    return {place - head.size(), head.size() + pixels.size()};
  }

 private:
  std::size_t head_bytes_, bytes_;
  std::unique_ptr<std::byte[]> memory_;
  std::weak_ptr<const void> source_;
  std::span<const std::byte> copied_;  // to be compared, not looked into
};

}  // namespace

struct ImageBuffers::Pool {
  explicit Pool(std::uint64_t most) : most_bytes(most) {}

  /// Memory for a message: with its pixels in it, or that nobody needs, or new, or at last that which waited longest.
  Buffer take(std::size_t head_bytes, const Bytes& pixels) {
    const std::lock_guard lock(mutex);
    const auto fits = [&](const Buffer& buffer) { return buffer.has_room(head_bytes, pixels.size()); };
    auto found = std::ranges::find_if(
        idle, [&](const Buffer& buffer) { return fits(buffer) && buffer.holds(pixels); });
    if (found == idle.end())
      found =
          std::ranges::find_if(idle, [&](const Buffer& buffer) { return fits(buffer) && buffer.is_stale(); });
    if (found == idle.end() && kept_bytes + pixels.size() > most_bytes)
      found = std::ranges::find_if(idle, fits);
    if (found == idle.end()) return make(head_bytes, pixels.size());
    Buffer taken = std::move(*found);
    idle.erase(found);
    return taken;
  }

  /// New memory; what waits and is too small makes room for it.
  Buffer make(std::size_t head_bytes, std::size_t pixel_bytes) {
    Buffer fresh(head_bytes, pixel_bytes);
    kept_bytes += fresh.bytes();
    while (kept_bytes > most_bytes && !idle.empty()) {
      kept_bytes -= idle.front().bytes();
      idle.erase(idle.begin());
    }
    return fresh;
  }

  void give_back(Buffer buffer) {
    const std::lock_guard lock(mutex);
    if (kept_bytes > most_bytes) {
      kept_bytes -= buffer.bytes();
    } else {
      idle.push_back(std::move(buffer));
    }
  }

  const std::uint64_t most_bytes;
  std::mutex mutex;
  std::uint64_t kept_bytes = 0;  // lent ones among them
  std::vector<Buffer> idle;      // who waits longest first
};

/// What a message holds on to.
struct ImageBuffers::Lent {
  Lent(std::shared_ptr<Pool> from, Buffer lent) : pool(std::move(from)), buffer(std::move(lent)) {}
  ~Lent() { pool->give_back(std::move(buffer)); }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  std::shared_ptr<Pool> pool;
  Buffer buffer;
};

ImageBuffers::ImageBuffers(std::uint64_t most_bytes) : pool_(std::make_shared<Pool>(most_bytes)) {}

Bytes ImageBuffers::message(std::span<const std::byte> head, const Bytes& pixels) {
  const auto lent = std::make_shared<Lent>(pool_, pool_->take(head.size(), pixels));
  const auto view = lent->buffer.fill(head, pixels);
  return {lent, view};
}

}  // namespace braggd
