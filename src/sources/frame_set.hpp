// Which frames of a scan have arrived.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace braggd {

/// A set of frame numbers below max_frames: one bit each, up to the highest.
class FrameSet {
 public:
  /// Longest scan that is taken: 10 million frames need 1.2 MB here.
  static constexpr std::uint64_t max_frames = 10'000'000;

  /// False: it was in. `frame` must be below max_frames.
  bool insert(std::uint64_t frame) {
    if (frame >= bits_.size())
      bits_.resize(std::max<std::size_t>(frame + 1, std::min(2 * bits_.size(), max_frames)));
    if (bits_[frame]) return false;
    bits_[frame] = true;
    ++size_;
    end_ = std::max(end_, frame + 1);
    return true;
  }
  bool contains(std::uint64_t frame) const { return frame < bits_.size() && bits_[frame]; }
  std::uint64_t size() const { return size_; }
  /// One beyond the highest.
  std::uint64_t end() const { return end_; }

 private:
  std::vector<bool> bits_;
  std::uint64_t size_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace braggd
