#include "stages/subtract_dark.hpp"

#include <functional>

#include "formats/dark_frame.hpp"
#include "formats/open_scan.hpp"
#include "stages/frame_sized_file.hpp"

namespace braggd {

void SubtractDark::check(const Config& config) {
  refuse_unreadable("file", [&] { open_scan(config.file, {config.dataset}); });
}

SubtractDark::SubtractDark(const Config& config, const StageContext& context) {
  dark_ = load_frame_sized<float>(config.file, config.dataset, context, load_dark);
}

Result<DenseFrame> SubtractDark::process(const DenseFrame& frame, DenseFrame corrected) const {
  corrected = frame;
  for (std::size_t i = 0; i < corrected.pixels.size(); ++i) corrected.pixels[i] -= (*dark_)[i];
  return corrected;
}

void SubtractDark::fold(PixelRule& rule) const {
  rule.dark = dark_;
}

}  // namespace braggd
