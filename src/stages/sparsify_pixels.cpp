#include "stages/sparsify_pixels.hpp"

#include <cmath>
#include <utility>

#include "kernels/sparsify.hpp"
#include "stages/decode.hpp"
#include "stages/threshold.hpp"

namespace braggd {

SparsifyPixels::SparsifyPixels(PixelRule rule, std::shared_ptr<const ScanHeader> header)
    : rule_(std::move(rule)), header_(std::move(header)) {
  if (rule_.masks.empty() && !rule_.dark) return;
  masked_.resize(header_->shape.pixels());
  for (std::size_t i = 0; i < masked_.size(); ++i) {
    bool without_value = rule_.dark && std::isnan((*rule_.dark)[i]);
    for (const auto& mask : rule_.masks) without_value = without_value || (*mask)[i] != 0;
    masked_[i] = without_value ? 1 : 0;
  }
}

Result<SparseFrame> SparsifyPixels::process(const Frame& frame) const {
  const auto raw = decode_raw(frame, *header_);
  if (!raw) return raw.error();
  const SparsifyRule rule{
      .dark = rule_.dark ? std::span<const float>(*rule_.dark) : std::span<const float>(),
      .masked = masked_,
      .at_least = *rule_.at_least,
      .saturation_value = header_->saturation_value.value_or(~std::uint64_t{0}),
      .max_pixels = rule_.max_pixels,
  };
  SparseFrame sparse{
      .meta = frame.meta, .shape = frame.shape, .status = 0, .index = {}, .value = {}, .flagged = {}};
  if (!sparsify(frame.pixel_type, frame.shape, raw.value(), rule, sparse)) {
    return too_many_pixels(rule.at_least, rule.max_pixels);
  }
  return sparse;
}

}  // namespace braggd
