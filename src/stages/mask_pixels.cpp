#include "stages/mask_pixels.hpp"

#include <algorithm>
#include <limits>

#include "formats/dark_frame.hpp"
#include "stages/frame_sized_file.hpp"

namespace braggd {

void MaskPixels::check(const Config& config) {
  refuse_unreadable("file", [&] {
    Shape shape;
    load_mask(config.file, config.dataset, shape);
  });
}

MaskPixels::MaskPixels(const Config& config, const StageContext& context) {
  masked_ = load_frame_sized<std::uint8_t>(config.file, config.dataset, context, load_mask);
}

Result<DenseFrame> MaskPixels::process(const DenseFrame& frame, DenseFrame masked) const {
  masked = frame;
  for (std::size_t i = 0; i < masked.pixels.size(); ++i) {
    if ((*masked_)[i] != 0) masked.pixels[i] = std::numeric_limits<float>::quiet_NaN();
  }
  std::erase_if(masked.saturated, [&](std::uint32_t pixel) { return (*masked_)[pixel] != 0; });
  return masked;
}

void MaskPixels::fold(PixelRule& rule) const {
  rule.masks.push_back(masked_);
}

}  // namespace braggd
