// Encoded frames to sparse pixels: mask, dark, threshold.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <braggd/frame.hpp>

#include "kernels/chunk.hpp"
#include "kernels/kernel_set.hpp"

namespace braggd {

/// What decides about a pixel; spans are rows x cols or empty.
struct SparsifyRule {
  std::span<const float> dark;                     ///< subtracted in float32; NaN: no value there
  std::span<const std::uint8_t> masked;            ///< non-zero: no value there (includes the NaNs of `dark`)
  std::span<const std::uint8_t> masked_by_header;  ///< non-zero: a float that is not finite is no news there
  float at_least = 0;                              ///< kept if float32(raw) - dark >= at_least
  std::uint64_t saturation_value = ~std::uint64_t{0};  ///< raw values from here on set pixel_saturated
  std::uint64_t max_pixels = 0;                        ///< more survivors than this give the frame up
};

struct PreparedRule;

/// How a frame came out.
struct SparsifyOutcome {
  ChunkError damage = ChunkError::none;
  bool too_many_pixels = false;  ///< more than max_pixels; looked at only where nothing is damaged
  bool ok() const { return damage == ChunkError::none && !too_many_pixels; }
};

/// Keeps the pixels of encoded frames that reach the threshold, straight from the compressed blocks while they are in
/// the cache: bitshuffled blocks are compared as bit planes, 512 pixels by one instruction a plane, without unshuffling
/// (the measured alternatives: bench/README.md). Made once a scan; runs on any number of threads at once.
///
/// The no-data rule: of N-bit integers the values 2^N-1 and 2^N-2, of floats everything that is not finite.
class Sparsifier {
 public:
  /// What the rule's spans show is copied. Throws std::invalid_argument where they, or the frame, do not
  /// have shape.pixels() elements, or these are more than 2^32.
  Sparsifier(PixelType type, Shape shape, const SparsifyRule& rule, KernelSet set = kernel_set());
  ~Sparsifier();

  /// Fills shape, status, index, value and flagged of `out` (capacities are reused), all empty where the outcome is not
  /// ok. The same bits for every kernel set, and as `to_dense`, the dark frame's difference and `threshold_dense` give.
  SparsifyOutcome run(Encoding encoding, std::span<const std::byte> chunk, SparseFrame& out) const;

 private:
  std::unique_ptr<const PreparedRule> prepared_;
};

/// Raw pixels to float32, NaN where there is no value; collects what reached the saturation value (ascending
/// indices) and returns frame_not_finite where a float frame held NaN or infinity, else 0. Masked pixels are neither.
std::uint8_t to_dense(PixelType type, std::span<const std::byte> raw, std::span<const std::uint8_t> masked,
                      std::uint64_t saturation_value, std::span<float> pixels,
                      std::vector<std::uint32_t>& saturated);

/// Keeps the pixels >= at_least of a dense frame (NaN: no value), with the same flags as a Sparsifier. This plain form
/// is the definition. Returns false where more than max_pixels survive.
bool threshold_dense(const DenseFrame& frame, float at_least, std::uint64_t max_pixels, SparseFrame& out);

}  // namespace braggd
