// Pixels in memory order: limits, then survivors.
#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "kernels/sparsify_variants.hpp"

namespace braggd {

namespace {

constexpr std::size_t word_pixels = 64;
constexpr float largest_float = std::numeric_limits<float>::max();

/// 64 pixels of a run: those that reach their limit, and those without a value.
struct Word {
  std::uint64_t enough = 0;
  std::uint64_t none = 0;
};

/// A run with its limits. The definition of `classify`, for `count` <= 64 pixels from `i` on.
template <class Pixel>
struct Scalar {
  static Word classify(const PixelRun& run, const FrameRule& rule, std::size_t i, std::size_t count) {
    Word word;
    for (std::size_t k = 0; k < count; ++k) {
      const auto raw = load_pixel<Pixel>(run.raw, i + k);
      bool enough = false, none = false;
      if constexpr (std::floating_point<Pixel>) {
        const float* dark = rule.collect.dark;
        const float value = raw - (dark != nullptr ? dark[run.first_pixel + i + k] : 0.0F);
        none = !(std::fabs(value) <= largest_float);
        enough = value >= rule.collect.at_least;
      } else {
        const auto limit = rule.elements != nullptr
                               ? load_pixel<Pixel>(rule.elements, run.first_pixel + i + k)
                               : static_cast<Pixel>(rule.constant);
        none = is_no_data(raw);
        enough = raw >= limit;
      }
      word.enough |= std::uint64_t{enough} << k;
      word.none |= std::uint64_t{none} << k;
    }
    return word;
  }

  static void collect(const PixelRun& run, const FrameRule& rule, std::size_t i, std::uint64_t kept,
                      Survivors& out) {
    for (; kept != 0; kept &= kept - 1) {
      const std::size_t k = i + static_cast<std::size_t>(std::countr_zero(kept));
      keep_pixel(rule.collect, run.first_pixel + k, load_pixel<Pixel>(run.raw, k), out);
    }
  }
};

/// Integers that are masked need no further word. Of floats all are kept, for the frame's status.
template <class Pixel>
BRAGGD_KERNEL_BODY void note_no_data(const PixelRun& run, const FrameRule& rule, std::size_t i,
                                     std::uint64_t none, Survivors& out) {
  const std::size_t pixel = run.first_pixel + i;
  if constexpr (std::integral<Pixel>) {
    if (rule.masked != nullptr) none &= ~rule.masked->word(pixel);
  } else {
    for (std::uint64_t left = none; left != 0 && !out.not_finite; left &= left - 1) {
      const auto k = static_cast<std::size_t>(std::countr_zero(left));
      const bool news = rule.masked_by_header == nullptr || !(*rule.masked_by_header)[pixel + k];
      out.not_finite = news && is_no_data(load_pixel<Pixel>(run.raw, i + k));
    }
  }
  if (none != 0) out.no_data.push_back({pixel, none});
}

/// The walk that all variants share; `Kernel` classifies and collects whole words.
template <class Pixel, class Kernel>
BRAGGD_KERNEL_BODY bool take(const PixelRun& run, const FrameRule& rule, Survivors& out) {
  for (std::size_t i = 0; i < run.count; i += word_pixels) {
    const std::size_t count = std::min(word_pixels, run.count - i);
    const bool whole = count == word_pixels;
    Word word =
        whole ? Kernel::classify(run, rule, i, word_pixels) : Scalar<Pixel>::classify(run, rule, i, count);
    const std::size_t pixel = run.first_pixel + i;
    if (word.none != 0) [[unlikely]]
      note_no_data<Pixel>(run, rule, i, word.none, out);
    std::uint64_t kept = word.enough & ~word.none;
    if (kept == 0) continue;
    if (rule.masked != nullptr) kept &= ~rule.masked->word(pixel);
    if (!out.make_room(rule.collect.max_pixels)) return false;
    if (whole) {
      Kernel::collect(run, rule, i, kept, out);
    } else {
      Scalar<Pixel>::collect(run, rule, i, kept, out);
    }
  }
  return true;
}

template <class Pixel>
bool take_scalar(const PixelRun& run, const FrameRule& rule, Survivors& out) {
  return take<Pixel, Scalar<Pixel>>(run, rule, out);
}

#if BRAGGD_X86_KERNELS

/// The elements' limits from pixel `i` of the run on, or null.
template <class Pixel>
BRAGGD_KERNEL_BODY const std::byte* limits_at(const PixelRun& run, const FrameRule& rule, std::size_t i) {
  return rule.elements == nullptr ? nullptr : rule.elements + (run.first_pixel + i) * sizeof(Pixel);
}

template <class Pixel>
struct Avx2 : Scalar<Pixel> {
  BRAGGD_TARGET_AVX2 static __m256i fill(std::uint32_t value) {
    if constexpr (sizeof(Pixel) == 1) return _mm256_set1_epi8(static_cast<char>(value));
    if constexpr (sizeof(Pixel) == 2) return _mm256_set1_epi16(static_cast<short>(value));
    return _mm256_set1_epi32(static_cast<int>(value));
  }
  BRAGGD_TARGET_AVX2 static __m256i at_least(__m256i raw, __m256i limit) {
    if constexpr (sizeof(Pixel) == 1) return _mm256_cmpeq_epi8(_mm256_max_epu8(raw, limit), raw);
    if constexpr (sizeof(Pixel) == 2) return _mm256_cmpeq_epi16(_mm256_max_epu16(raw, limit), raw);
    return _mm256_cmpeq_epi32(_mm256_max_epu32(raw, limit), raw);
  }
  /// The lowest byte's sign of each element.
  BRAGGD_TARGET_AVX2 static std::uint64_t bits_of(__m256i truth) {
    if constexpr (sizeof(Pixel) == 4) {
      return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(truth)));
    }
    if constexpr (sizeof(Pixel) == 2) {
      const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi16(truth, truth), 0x08);
      return static_cast<unsigned>(_mm256_movemask_epi8(packed)) & 0xffffU;
    }
    return static_cast<unsigned>(_mm256_movemask_epi8(truth));
  }
  BRAGGD_TARGET_AVX2 static Word classify(const PixelRun& run, const FrameRule& rule, std::size_t i,
                                          std::size_t /*count*/) {
    constexpr std::size_t lanes = 32 / sizeof(Pixel);
    const std::byte* raw_at = run.raw + i * sizeof(Pixel);
    const std::byte* limit_at = limits_at<Pixel>(run, rule, i);
    const __m256i constant = fill(rule.constant);
    const __m256i no_data = fill(first_no_data<Pixel>);
    Word word;
    for (std::size_t k = 0; k < word_pixels; k += lanes) {
      const auto load = [&](const std::byte* from) BRAGGD_TARGET_AVX2 {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from + k * sizeof(Pixel)));
      };
      const __m256i raw = load(raw_at);
      word.enough |= bits_of(at_least(raw, limit_at != nullptr ? load(limit_at) : constant)) << k;
      word.none |= bits_of(at_least(raw, no_data)) << k;
    }
    return word;
  }
};

template <class Pixel>
struct Avx512 {
  BRAGGD_TARGET_AVX512 static __m512i fill(std::uint32_t value) {
    if constexpr (sizeof(Pixel) == 1) return _mm512_set1_epi8(static_cast<char>(value));
    if constexpr (sizeof(Pixel) == 2) return _mm512_set1_epi16(static_cast<short>(value));
    return _mm512_set1_epi32(static_cast<int>(value));
  }
  BRAGGD_TARGET_AVX512 static std::uint64_t at_least(__m512i raw, __m512i limit) {
    if constexpr (sizeof(Pixel) == 1) return _mm512_cmpge_epu8_mask(raw, limit);
    if constexpr (sizeof(Pixel) == 2) return _mm512_cmpge_epu16_mask(raw, limit);
    return _mm512_cmpge_epu32_mask(raw, limit);
  }
  BRAGGD_TARGET_AVX512 static Word classify(const PixelRun& run, const FrameRule& rule, std::size_t i,
                                            std::size_t /*count*/) {
    constexpr std::size_t lanes = 64 / sizeof(Pixel);
    const std::byte* raw_at = run.raw + i * sizeof(Pixel);
    const std::byte* limit_at = limits_at<Pixel>(run, rule, i);
    const __m512i constant = fill(rule.constant);
    const __m512i no_data = fill(first_no_data<Pixel>);
    Word word;
    for (std::size_t k = 0; k < word_pixels; k += lanes) {
      const __m512i raw = _mm512_loadu_si512(raw_at + k * sizeof(Pixel));
      const __m512i limit = limit_at != nullptr ? _mm512_loadu_si512(limit_at + k * sizeof(Pixel)) : constant;
      word.enough |= at_least(raw, limit) << k;
      word.none |= at_least(raw, no_data) << k;
    }
    return word;
  }
  BRAGGD_TARGET_AVX512 static void collect(const PixelRun& run, const FrameRule& rule, std::size_t i,
                                           std::uint64_t kept, Survivors& out) {
    for (; kept != 0; kept >>= 16, i += 16) {
      const auto here = static_cast<__mmask16>(kept);
      if (here == 0) continue;
      const std::byte* at = run.raw + i * sizeof(Pixel);
      __m512i raw;
      if constexpr (sizeof(Pixel) == 1) {
        raw = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(at)));
      } else if constexpr (sizeof(Pixel) == 2) {
        raw = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(at)));
      } else {
        raw = _mm512_loadu_si512(at);
      }
      const std::size_t first = run.first_pixel + i;
      const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
      const __m512i pixels = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)), lanes);
      const PixelBits* beside = rule.collect.beside_valueless;
      keep_16_pixels(rule.collect, pixels, raw, here,
                     beside == nullptr ? 0U : static_cast<unsigned>(beside->word(first)), out);
    }
  }
};

template <>
struct Avx2<float> : Scalar<float> {
  BRAGGD_TARGET_AVX2 static Word classify(const PixelRun& run, const FrameRule& rule, std::size_t i,
                                          std::size_t /*count*/) {
    const float* dark = rule.collect.dark == nullptr ? nullptr : rule.collect.dark + run.first_pixel + i;
    const __m256 at_least = _mm256_set1_ps(rule.collect.at_least);
    const __m256 largest = _mm256_set1_ps(largest_float);
    Word word;
    for (std::size_t k = 0; k < word_pixels; k += 8) {
      __m256 value = _mm256_loadu_ps(reinterpret_cast<const float*>(run.raw + (i + k) * sizeof(float)));
      if (dark != nullptr) value = _mm256_sub_ps(value, _mm256_loadu_ps(dark + k));
      const __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), value);
      const int none = _mm256_movemask_ps(_mm256_cmp_ps(size, largest, _CMP_NLE_UQ));
      const int enough = _mm256_movemask_ps(_mm256_cmp_ps(value, at_least, _CMP_GE_OQ));
      word.none |= static_cast<std::uint64_t>(none) << k;
      word.enough |= static_cast<std::uint64_t>(enough) << k;
    }
    return word;
  }
};

template <>
struct Avx512<float> : Scalar<float> {
  BRAGGD_TARGET_AVX512 static Word classify(const PixelRun& run, const FrameRule& rule, std::size_t i,
                                            std::size_t /*count*/) {
    const float* dark = rule.collect.dark == nullptr ? nullptr : rule.collect.dark + run.first_pixel + i;
    Word word;
    for (std::size_t k = 0; k < word_pixels; k += 16) {
      __m512 value = _mm512_loadu_ps(run.raw + (i + k) * sizeof(float));
      if (dark != nullptr) value = _mm512_sub_ps(value, _mm512_loadu_ps(dark + k));
      const std::uint64_t none =
          _mm512_cmp_ps_mask(_mm512_abs_ps(value), _mm512_set1_ps(largest_float), _CMP_NLE_UQ);
      const std::uint64_t enough =
          _mm512_cmp_ps_mask(value, _mm512_set1_ps(rule.collect.at_least), _CMP_GE_OQ);
      word.none |= none << k;
      word.enough |= enough << k;
    }
    return word;
  }
};

template <class Pixel>
BRAGGD_TARGET_AVX2 bool take_avx2(const PixelRun& run, const FrameRule& rule, Survivors& out) {
  return take<Pixel, Avx2<Pixel>>(run, rule, out);
}

template <class Pixel>
BRAGGD_TARGET_AVX512 bool take_avx512(const PixelRun& run, const FrameRule& rule, Survivors& out) {
  return take<Pixel, Avx512<Pixel>>(run, rule, out);
}

#endif

}  // namespace

TakeRun take_run_of(KernelSet set, PixelType type) {
  return with_pixel_type(type, [&](auto pixel) -> TakeRun {
    using Pixel = decltype(pixel);
#if BRAGGD_X86_KERNELS
    if (set >= KernelSet::avx512) return take_avx512<Pixel>;
    if (set == KernelSet::avx2) return take_avx2<Pixel>;
#endif
    static_cast<void>(set);
    return take_scalar<Pixel>;
  });
}

}  // namespace braggd
