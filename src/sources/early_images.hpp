// Images that are ahead of their scan's start, held within bounds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "wire/stream2_messages.hpp"

namespace braggd {

/// When and how large a message came.
struct Arrival {
  std::uint64_t received_ns = 0;  ///< since the Unix epoch
  std::uint64_t message_bytes = 0;
};

/// An image, or what is left of one that is damaged.
struct ArrivedImage {
  std::string scan_id;
  std::uint64_t image_id = 0;
  std::variant<ImageMessage, DamagedMessage> content;
  Arrival arrival;
  std::uint64_t during = 0;  ///< the ordinal of the scan that was open when it came, from 1; 0: none was
};

/// Holds images in the order of their arrival, at most so many bytes and for so long.
class EarlyImages {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  EarlyImages(std::uint64_t capacity_bytes, std::chrono::steady_clock::duration hold)
      : capacity_bytes_(capacity_bytes), hold_(hold) {}

  /// False: there is no room, and `image` is untouched.
  bool hold(ArrivedImage& image, TimePoint now);
  /// Those of one scan.
  std::vector<ArrivedImage> take(const std::string& scan_id);
  /// Those that have been here for too long.
  std::vector<ArrivedImage> take_expired(TimePoint now);
  std::uint64_t held_bytes() const { return held_bytes_; }
  std::size_t size() const { return held_.size(); }

 private:
  struct Held {
    ArrivedImage image;
    TimePoint since;
  };
  std::uint64_t capacity_bytes_;
  std::chrono::steady_clock::duration hold_;
  std::uint64_t held_bytes_ = 0;
  std::deque<Held> held_;
};

}  // namespace braggd
