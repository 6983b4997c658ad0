#include "kernels/sparsify.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "core/large_buffer.hpp"
#include "kernels/bitshuffle.hpp"
#include "kernels/chunk_reader.hpp"
#include "kernels/chunk_variants.hpp"
#include "kernels/shuffled_block.hpp"
#include "kernels/sparsify_variants.hpp"
#include "kernels/zero_block.hpp"

namespace braggd {

namespace {

/// A bit for each element that is not zero; empty where there are none.
PixelBits bits_of(std::span<const std::uint8_t> elements) {
  PixelBits bits;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i] == 0) continue;
    if (bits.empty()) bits = PixelBits(elements.size());
    bits.set(i);
  }
  return bits;
}

/// Pixels that are masked or have no dark value.
PixelBits valueless_pixels(const SparsifyRule& rule) {
  PixelBits bits = bits_of(rule.masked);
  for (std::size_t i = 0; i < rule.dark.size(); ++i) {
    if (std::isfinite(rule.dark[i])) continue;
    if (bits.empty()) bits = PixelBits(rule.dark.size());
    bits.set(i);
  }
  return bits;
}

/// Every pixel that has one of `bits` among its 8 neighbours or is one itself.
PixelBits grown(const PixelBits& bits, Shape shape) {
  if (bits.empty()) return {};
  PixelBits around(shape.pixels());
  for (std::size_t pixel = 0; pixel < shape.pixels(); ++pixel) {
    if (bits.any_around(shape, pixel)) around.set(pixel);
  }
  return around;
}

}  // namespace

/// What is made of a rule once a scan.
struct PreparedRule {
  PreparedRule(PixelType pixel_type, Shape frame_shape, const SparsifyRule& sparsify_rule, KernelSet kernels)
      : type(pixel_type),
        shape(frame_shape),
        rule(sparsify_rule),
        set(kernels),
        take_run(take_run_of(kernels, pixel_type)),
        take_sliced(take_sliced_of(kernels, pixel_type)),
        valueless(valueless_pixels(sparsify_rule)),
        beside_valueless(grown(valueless, frame_shape)),
        dark(sparsify_rule.dark.size_bytes()) {
    if (!rule.dark.empty()) {
      std::memcpy(dark.data(), rule.dark.data(), rule.dark.size_bytes());
      rule.dark = {reinterpret_cast<const float*>(dark.data()), rule.dark.size()};
    }
    if (type == PixelType::f32) {
      header_masked = bits_of(rule.masked_by_header);
    } else {
      limits.emplace(type, rule);
    }
    rule.masked = rule.masked_by_header = {};  // kept as bits
  }

  PixelType type;
  Shape shape;
  SparsifyRule rule;
  KernelSet set;
  TakeRun take_run;
  TakeSliced take_sliced;  // null: blocks are unshuffled
  PixelBits valueless;
  PixelBits beside_valueless;
  LargeBuffer dark;                   // survivors look into it here and there
  PixelBits header_masked;            // of floats
  std::optional<PixelLimits> limits;  // of integers

  /// Whether a pixel of 0 is kept nowhere.
  bool drops_zeros() const { return limits && rule.dark.empty() && limits->constant() > 0; }

  FrameRule frame_rule() const {
    FrameRule frame;
    frame.collect = {rule.dark.empty() ? nullptr : rule.dark.data(), rule.at_least,
                     beside_valueless.empty() ? nullptr : &beside_valueless, rule.saturation_value,
                     rule.max_pixels};
    frame.masked = valueless.empty() ? nullptr : &valueless;
    frame.masked_by_header = header_masked.empty() ? nullptr : &header_masked;
    if (limits) frame.constant = limits->constant();
    return frame;
  }
};

namespace {

/// One frame on its way. Once there are too many survivors the rest is still decoded, because damage is told first.
class FrameWalk {
 public:
  FrameWalk(const PreparedRule& prepared, Survivors& out)
      : prepared_(prepared),
        pixel_bytes_(bytes_per_pixel(prepared.type)),
        rule_(prepared.frame_rule()),
        out_(out) {}

  ChunkError walk(Encoding encoding, std::span<const std::byte> chunk, std::size_t frame_bytes) {
    if (encoding == Encoding::raw) {
      if (chunk.size() != frame_bytes) return ChunkError::wrong_size;
      take_pixels(0, chunk);
      return ChunkError::none;
    }
    return encoding == Encoding::lz4 ? walk_whole(chunk, frame_bytes)
                                     : walk_blocks(encoding, chunk, frame_bytes);
  }
  bool too_many() const { return too_many_ || out_.size > rule_.collect.max_pixels; }

 private:
  // Plain LZ4 refers back across the whole frame, so the frame is decoded as one.
  ChunkError walk_whole(std::span<const std::byte> chunk, std::size_t frame_bytes) {
    thread_local std::vector<std::byte> pixels;
    pixels.resize(frame_bytes);
    const ChunkError error = decode_chunk_with(prepared_.set, Encoding::lz4, pixel_bytes_, chunk, pixels);
    if (error == ChunkError::none) take_pixels(0, pixels);
    return error;
  }

  ChunkError walk_blocks(Encoding encoding, std::span<const std::byte> chunk, std::size_t frame_bytes) {
    ChunkReader reader(chunk);
    std::size_t block_bytes = 0;
    const ChunkError error = reader.take_header(encoding, pixel_bytes_, frame_bytes, block_bytes);
    if (error != ChunkError::none) return error;
    ShuffledBlock& block = ShuffledBlock::of_this_thread();
    thread_local ZeroBlock zeros;
    const bool drops_zeros = prepared_.drops_zeros();
    std::size_t done = 0;
    while (const std::size_t bytes = shuffled_block_bytes(frame_bytes - done, block_bytes, pixel_bytes_)) {
      std::span<const std::byte> packed;
      if (!reader.take_block(packed)) return ChunkError::truncated;
      if (drops_zeros && zeros.is_known(encoding, packed, bytes)) {
        done += bytes;
        continue;
      }
      const std::byte* planes = block.unpack(prepared_.set, encoding, packed, reader.readable_end(), bytes);
      if (planes == nullptr) return ChunkError::corrupt_block;
      if (drops_zeros) zeros.learn(encoding, packed, {planes, bytes});
      if (!too_many_) take_planes(done / pixel_bytes_, {planes, bytes}, block.zero_from());
      done += bytes;
    }
    std::span<const std::byte> left_over;
    if (!reader.take(frame_bytes - done, left_over)) return ChunkError::truncated;
    if (!too_many_) take_pixels(done / pixel_bytes_, left_over);
    return reader.end();
  }

  /// The planes are zero from `used_bytes` on.
  void take_planes(std::size_t first_pixel, std::span<const std::byte> planes, std::size_t used_bytes) {
    const std::size_t count = planes.size() / pixel_bytes_;
    if (prepared_.take_sliced != nullptr && first_pixel % group_pixels == 0 && count % group_pixels == 0) {
      if (rule_.planes == nullptr && rule_.collect.dark != nullptr) rule_.planes = prepared_.limits->planes();
      const std::size_t plane_bytes = count / 8, planes_used = (used_bytes + plane_bytes - 1) / plane_bytes;
      too_many_ = !prepared_.take_sliced(
          {first_pixel, count / group_pixels, planes.data(), plane_bytes, planes_used}, rule_, out_);
      return;
    }
    thread_local std::vector<std::byte> pixels;
    if (pixels.size() < planes.size()) pixels.resize(planes.size());
    unshuffle_bits(prepared_.set, pixel_bytes_, planes, std::span(pixels).first(planes.size()));
    take_pixels(first_pixel, std::span(pixels).first(planes.size()));
  }

  void take_pixels(std::size_t first_pixel, std::span<const std::byte> pixels) {
    if (pixels.empty()) return;  // and do not ask for limits that nobody needs
    if (prepared_.limits && rule_.elements == nullptr) rule_.elements = prepared_.limits->elements();
    too_many_ = !prepared_.take_run({first_pixel, pixels.size() / pixel_bytes_, pixels.data()}, rule_, out_);
  }

  const PreparedRule& prepared_;
  std::size_t pixel_bytes_;
  FrameRule rule_;
  Survivors& out_;
  bool too_many_ = false;
};

/// Flags anew which survivors have a neighbour without a value, where the frame itself has pixels without one.
void flag_beside_no_data(const PixelBits& masked, Shape shape, Survivors& survivors) {
  thread_local PixelBits valueless;
  thread_local std::vector<FlaggedPixel> flagged;
  valueless = masked;
  if (masked.empty()) valueless.reset(shape.pixels());
  flagged.clear();
  for (const auto& none : survivors.no_data) valueless.add(none.pixel, none.bits);
  auto known = survivors.flagged.begin();
  for (std::size_t ordinal = 0; ordinal < survivors.size; ++ordinal) {
    unsigned flags = 0;
    if (known != survivors.flagged.end() && known->ordinal == ordinal)
      flags = (known++)->flags & pixel_saturated;
    if (valueless.any_around(shape, survivors.index[ordinal])) flags |= pixel_beside_mask;
    if (flags != 0)
      flagged.push_back({static_cast<std::uint32_t>(ordinal), static_cast<std::uint8_t>(flags)});
  }
  survivors.flagged.swap(flagged);
}

}  // namespace

Sparsifier::Sparsifier(PixelType type, Shape shape, const SparsifyRule& rule, KernelSet set) {
  const std::uint64_t n_pixels = shape.pixels();
  if (n_pixels > std::uint64_t{1} << 32) throw std::invalid_argument("sparsify: pixel indices have 32 bits");
  if ((!rule.dark.empty() && rule.dark.size() != n_pixels) ||
      (!rule.masked.empty() && rule.masked.size() != n_pixels) ||
      (!rule.masked_by_header.empty() && rule.masked_by_header.size() != n_pixels)) {
    throw std::invalid_argument("sparsify: dark and masks differ in size from the frame");
  }
  prepared_ = std::make_unique<const PreparedRule>(type, shape, rule, set);
}

Sparsifier::~Sparsifier() = default;

SparsifyOutcome Sparsifier::run(Encoding encoding, std::span<const std::byte> chunk, SparseFrame& out) const {
  const PreparedRule& prepared = *prepared_;
  thread_local Survivors survivors;
  survivors.clear();
  FrameWalk walk(prepared, survivors);
  const std::size_t frame_bytes = prepared.shape.pixels() * bytes_per_pixel(prepared.type);
  SparsifyOutcome outcome{walk.walk(encoding, chunk, frame_bytes), false};
  outcome.too_many_pixels = walk.too_many();
  out.shape = prepared.shape;
  out.status = survivors.not_finite ? frame_not_finite : 0;
  out.index.clear();
  out.value.clear();
  out.flagged.clear();
  if (!outcome.ok()) return outcome;
  if (!survivors.no_data.empty()) {
    flag_beside_no_data(prepared.valueless, prepared.shape, survivors);
  }
  const auto size = static_cast<std::ptrdiff_t>(survivors.size);
  out.index.assign(survivors.index.begin(), survivors.index.begin() + size);
  out.value.assign(survivors.value.begin(), survivors.value.begin() + size);
  out.flagged.assign(survivors.flagged.begin(), survivors.flagged.end());
  return outcome;
}

}  // namespace braggd
