// Pictures of sampled frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "service/preview.hpp"

namespace braggd {

/// Makes pictures, one at a time and each once, however many ask for it. Thread-safe.
class PreviewPictures {
 public:
  using Png = std::shared_ptr<const std::vector<std::byte>>;

  /// A PNG: grey, logarithmic from 0 counts (black) to about the 99.9th percentile; at most `side` pixels on its longer
  /// side, each the maximum of those that it stands for, so that no spot gets lost; peaks as circles. Pixels without a
  /// value are bluish. Throws InputError for a frame that cannot be decoded.
  Png picture_of(const PreviewSample& sample, std::uint32_t side, bool with_peaks);

 private:
  std::vector<std::byte> render(const PreviewSample& sample, std::uint32_t side, bool with_peaks);

  static constexpr std::size_t most_kept = 8;  // of one frame, in different sizes

  std::mutex mutex_;
  std::shared_ptr<const ScanHeader> header_;  // of the frame whose pictures are kept
  std::uint64_t frame_ = 0;
  std::map<std::pair<std::uint32_t, bool>, Png> kept_;
  std::vector<std::byte> decoded_;
};

}  // namespace braggd
