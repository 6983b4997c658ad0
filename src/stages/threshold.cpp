#include "stages/threshold.hpp"

#include <sstream>

#include "kernels/sparsify.hpp"

namespace braggd {

FrameError too_many_pixels(float at_least, std::uint64_t max_pixels) {
  std::ostringstream text;
  text << "more than " << max_pixels << " pixels have at least " << at_least
       << " counts: raise threshold.at_least, or threshold.max_pixels if such frames are meant";
  return {DropReason::too_many_pixels, text.str()};
}

Threshold::Threshold(const Config& config, const StageContext& /*context*/) : config_(config) {}

Result<SparseFrame> Threshold::process(const DenseFrame& frame, SparseFrame sparse) const {
  sparse.at_least = config_.at_least;
  if (!threshold_dense(frame, config_.at_least, config_.max_pixels, sparse)) {
    return too_many_pixels(config_.at_least, config_.max_pixels);
  }
  return sparse;
}

void Threshold::fold(PixelRule& rule) const {
  rule.at_least = config_.at_least;
  rule.max_pixels = config_.max_pixels;
}

}  // namespace braggd
