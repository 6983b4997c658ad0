#include "stages/sparsify_pixels.hpp"

#include <span>
#include <utility>
#include <vector>

#include "stages/decode.hpp"
#include "stages/threshold.hpp"

namespace braggd {

namespace {

/// Every pixel that one of the masks names; empty where there is none.
std::vector<std::uint8_t> joined(const PixelRule& rule, Shape shape) {
  if (rule.masks.empty()) return {};
  std::vector<std::uint8_t> masked(shape.pixels());
  for (const auto& mask : rule.masks) {
    for (std::size_t i = 0; i < masked.size(); ++i) masked[i] = masked[i] != 0 || (*mask)[i] != 0 ? 1 : 0;
  }
  return masked;
}

template <class T>
std::span<const T> view(const std::shared_ptr<const std::vector<T>>& values) {
  return values ? std::span<const T>(*values) : std::span<const T>();
}

}  // namespace

SparsifyPixels::SparsifyPixels(const PixelRule& rule, std::shared_ptr<const ScanHeader> header)
    : header_(std::move(header)), at_least_(rule.at_least.value()), max_pixels_(rule.max_pixels) {
  const std::vector<std::uint8_t> masked = joined(rule, header_->shape);
  const auto by_header = header_mask(*header_);
  sparsifier_ = std::make_unique<const Sparsifier>(
      header_->pixel_type, header_->shape,
      SparsifyRule{.dark = view(rule.dark),
                   .masked = masked,
                   .masked_by_header = view(by_header),
                   .at_least = at_least_,
                   .saturation_value = header_->saturation_value.value_or(~std::uint64_t{0}),
                   .max_pixels = max_pixels_});
}

Result<SparseFrame> SparsifyPixels::process(const Frame& frame, SparseFrame sparse) const {
  if (auto error = wrong_shape(frame, *header_)) return std::move(*error);
  sparse.meta = frame.meta;
  sparse.at_least = at_least_;
  const SparsifyOutcome outcome = sparsifier_->run(frame.encoding, frame.bytes.view(), sparse);
  if (outcome.damage != ChunkError::none) return damaged(frame, outcome.damage);
  if (outcome.too_many_pixels) return too_many_pixels(at_least_, max_pixels_);
  return sparse;
}

}  // namespace braggd
