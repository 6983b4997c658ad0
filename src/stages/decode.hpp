// Encoded bytes to corrected-to-be pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include <braggd/stage.hpp>

#include "kernels/chunk.hpp"

namespace braggd {

struct DecodeConfig {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Decompresses a frame into float32 pixels. Masked pixels of the scan's header and no-data values (2^N-1 and 2^N-2
/// of N-bit integers, what is not finite of floats) become NaN before anything else sees them. The planner puts it in
/// front of the first stage that wants a DenseFrame; a pipeline need not name it.
class Decode {
 public:
  using Config = DecodeConfig;
  using Input = Frame;
  using Output = DenseFrame;
  static constexpr StageInfo info{"decode", "Decompresses a frame; pixels without a value become NaN."};

  Decode(const Config& config, const StageContext& context);
  Result<DenseFrame> process(const Frame& frame, DenseFrame dense = {}) const;
  void fold(PixelRule& rule) const;

 private:
  std::shared_ptr<const ScanHeader> header_;
  std::shared_ptr<const std::vector<std::uint8_t>> masked_;  // of the header, or null
};

/// The error of a frame whose shape or type are not the header's; nothing where they are.
std::optional<FrameError> wrong_shape(const Frame& frame, const ScanHeader& header);

/// The error of a frame whose bytes are damaged.
FrameError damaged(const Frame& frame, ChunkError error);

/// The header's pixel mask as one byte a pixel (non-zero is masked), or null.
std::shared_ptr<const std::vector<std::uint8_t>> header_mask(const ScanHeader& header);

}  // namespace braggd
