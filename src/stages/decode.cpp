#include "stages/decode.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/sparsify.hpp"

namespace braggd {

namespace {

std::string describe(Shape shape, PixelType type) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.cols) + " " + std::string(name_of(type));
}

/// The frame's raw pixels: its own bytes, or decoded into a buffer of this thread, valid until the next call.
Result<std::span<const std::byte>> decode_raw(const Frame& frame, const ScanHeader& header) {
  if (auto error = wrong_shape(frame, header)) return std::move(*error);
  if (frame.encoding == Encoding::raw && frame.bytes.size() == header.frame_bytes())
    return frame.bytes.view();
  thread_local std::vector<std::byte> pixels;
  pixels.resize(header.frame_bytes());
  const ChunkError error =
      decode_chunk(frame.encoding, bytes_per_pixel(frame.pixel_type), frame.bytes.view(), pixels);
  if (error != ChunkError::none) return damaged(frame, error);
  return std::span<const std::byte>(pixels);
}

}  // namespace

std::optional<FrameError> wrong_shape(const Frame& frame, const ScanHeader& header) {
  if (frame.shape == header.shape && frame.pixel_type == header.pixel_type) return std::nullopt;
  return FrameError{DropReason::wrong_shape, "the frame is " + describe(frame.shape, frame.pixel_type) +
                                                 ", the scan's header says " +
                                                 describe(header.shape, header.pixel_type)};
}

FrameError damaged(const Frame& frame, ChunkError error) {
  return {DropReason::decode_error,
          std::string(name_of(frame.encoding)) + " bytes: " + std::string(describe(error))};
}

std::shared_ptr<const std::vector<std::uint8_t>> header_mask(const ScanHeader& header) {
  if (!header.pixel_mask || header.pixel_mask->size() != header.shape.pixels()) return nullptr;
  auto masked = std::make_shared<std::vector<std::uint8_t>>(header.pixel_mask->size());
  std::ranges::transform(*header.pixel_mask, masked->begin(),
                         [](std::uint32_t bits) { return static_cast<std::uint8_t>(bits != 0); });
  return masked;
}

Decode::Decode(const Config& /*config*/, const StageContext& context)
    : header_(context.header), masked_(header_mask(*context.header)) {}

Result<DenseFrame> Decode::process(const Frame& frame, DenseFrame dense) const {
  const auto raw = decode_raw(frame, *header_);
  if (!raw) return raw.error();
  dense.meta = frame.meta;
  dense.shape = frame.shape;
  dense.pixels.resize(frame.shape.pixels());
  const std::span<const std::uint8_t> masked =
      masked_ ? std::span<const std::uint8_t>(*masked_) : std::span<const std::uint8_t>();
  dense.status =
      to_dense(frame.pixel_type, raw.value(), masked, header_->saturation_value.value_or(~std::uint64_t{0}),
               dense.pixels, dense.saturated);
  return dense;
}

void Decode::fold(PixelRule& rule) const {
  if (masked_) rule.masks.push_back(masked_);
}

}  // namespace braggd
