// The pixels of a frame that are kept, while they are being collected.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <braggd/frame.hpp>

#include "kernels/pixel_access.hpp"
#include "kernels/pixel_bits.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd {

/// What decides about a pixel that passed its limit, and about its flags.
struct CollectRule {
  const float* dark = nullptr;  ///< of the frame's first pixel; null: zero
  float at_least = 0;
  const PixelBits* beside_valueless = nullptr;  ///< null: no pixel is
  std::uint64_t saturation_value = ~std::uint64_t{0};
  std::uint64_t max_pixels = 0;
};

/// Memory that is reused from frame to frame. Vectors are stored whole, so that there is always room for more.
struct Survivors {
  static constexpr std::size_t margin = 512 + 16;  ///< pixels of a group, and lanes beyond the last one

  std::vector<std::uint32_t> index;
  std::vector<float> value;
  std::size_t size = 0;
  std::vector<FlaggedPixel> flagged;

  /// Pixels without a value that no mask names, 64 from `pixel` on.
  struct NoData {
    std::size_t pixel;
    std::uint64_t bits;
  };
  std::vector<NoData> no_data;
  bool not_finite = false;  ///< a float frame held NaN or infinity where the header masks nothing

  void clear() {
    size = 0;
    flagged.clear();
    no_data.clear();
    not_finite = false;
  }

  /// Makes room for `margin` more. False: there are more than max_pixels already.
  bool make_room(std::uint64_t max_pixels) {
    if (size + margin <= index.size()) [[likely]]
      return true;
    return grow(max_pixels);
  }

  void add_flags(std::size_t ordinal, unsigned flags) {
    flagged.push_back({static_cast<std::uint32_t>(ordinal), static_cast<std::uint8_t>(flags)});
  }

 private:
  bool grow(std::uint64_t max_pixels);
};

/// Takes one pixel; the definition of what is kept.
template <class Pixel>
BRAGGD_KERNEL_BODY void keep_pixel(const CollectRule& rule, std::size_t pixel, Pixel raw, Survivors& out) {
  float value = static_cast<float>(raw);
  if (rule.dark != nullptr) value -= rule.dark[pixel];
  if (!(value >= rule.at_least)) return;
  out.index[out.size] = static_cast<std::uint32_t>(pixel);
  out.value[out.size] = value;
  unsigned flags = 0;
  if (is_saturated(raw, rule.saturation_value)) flags |= pixel_saturated;
  if (rule.beside_valueless != nullptr && (*rule.beside_valueless)[pixel]) flags |= pixel_beside_mask;
  if (flags != 0) out.add_flags(out.size, flags);
  ++out.size;
}

#if BRAGGD_X86_KERNELS

/// Takes those of 16 pixels that `kept` names; bit i of `beside`: pixel i has a neighbour without a value.
BRAGGD_TARGET_AVX512 inline void keep_16_pixels(const CollectRule& rule, __m512i pixels, __m512i raw,
                                                __mmask16 kept, unsigned beside, Survivors& out) {
  __m512 value = _mm512_cvtepu32_ps(raw);
  if (rule.dark != nullptr) {
    const __m512 dark = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), kept, pixels, rule.dark, sizeof(float));
    value = _mm512_sub_ps(value, dark);
    kept = _mm512_mask_cmp_ps_mask(kept, value, _mm512_set1_ps(rule.at_least), _CMP_GE_OQ);
  }
  _mm512_storeu_si512(out.index.data() + out.size, _mm512_maskz_compress_epi32(kept, pixels));
  _mm512_storeu_ps(out.value.data() + out.size, _mm512_maskz_compress_ps(kept, value));
  unsigned saturated = 0;
  if (rule.saturation_value <= 0xffffffffU) {
    const __m512i limit = _mm512_set1_epi32(static_cast<int>(rule.saturation_value));
    saturated = _mm512_mask_cmpge_epu32_mask(kept, raw, limit);
  }
  beside &= unsigned{kept};
  for (unsigned left = saturated | beside; left != 0; left &= left - 1) {
    const unsigned bit = left & (0U - left);
    unsigned flags = 0;
    if ((saturated & bit) != 0) flags |= pixel_saturated;
    if ((beside & bit) != 0) flags |= pixel_beside_mask;
    out.add_flags(out.size + static_cast<unsigned>(__builtin_popcount(kept & (bit - 1))), flags);
  }
  out.size += static_cast<unsigned>(__builtin_popcount(kept));
}

#endif

}  // namespace braggd
