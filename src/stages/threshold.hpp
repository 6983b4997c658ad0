#pragma once

#include <cstdint>
#include <tuple>

#include <braggd/stage.hpp>

namespace braggd {

struct ThresholdConfig {
  float at_least = 100;
  std::uint64_t max_pixels = 1U << 22U;
  static constexpr auto fields() {
    return std::tuple{
        field("at_least", &ThresholdConfig::at_least, "lowest corrected value that is kept", -1e9, 1e9)
            .unit("counts"),
        field("max_pixels", &ThresholdConfig::max_pixels,
              "a frame with more kept pixels is given up: the threshold is too low for it", 1, 1e9)
            .unit("pixels"),
    };
  }
};

/// Keeps the pixels that stand out of the background.
class Threshold {
 public:
  using Config = ThresholdConfig;
  using Input = DenseFrame;
  using Output = SparseFrame;
  static constexpr StageInfo info{"threshold", "Keeps the pixels that stand out of the background."};

  Threshold(const Config& config, const StageContext& context);
  Result<SparseFrame> process(const DenseFrame& frame, SparseFrame sparse = {}) const;
  void fold(PixelRule& rule) const;

 private:
  Config config_;
};

/// The error of a frame whose pixels above threshold exceed `max_pixels`.
FrameError too_many_pixels(float at_least, std::uint64_t max_pixels);

}  // namespace braggd
