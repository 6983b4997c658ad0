#include <algorithm>
#include <limits>

#include "kernels/pixel_access.hpp"
#include "kernels/sparsify_variants.hpp"
#include "kernels/target.hpp"

#if BRAGGD_X86_KERNELS
#include <immintrin.h>
#endif

namespace braggd {

namespace {

constexpr std::size_t word_pixels = 64;
constexpr float largest_float = std::numeric_limits<float>::max();

/// The definition. Begins at pixel `begin`, a multiple of 64: the other variants leave their last, partial
/// word here.
template <class Pixel>
void classify_scalar(const PixelRun& run, std::size_t begin, std::uint64_t* kept, std::uint64_t* valueless) {
  for (std::size_t word = begin; word < run.count; word += word_pixels) {
    std::uint64_t kept_bits = 0;
    std::uint64_t valueless_bits = 0;
    const std::size_t pixels = std::min(word_pixels, run.count - word);
    for (std::size_t i = 0; i < pixels; ++i) {
      const auto raw = load_pixel<Pixel>(run.raw, word + i);
      const float value = static_cast<float>(raw) - (run.dark != nullptr ? run.dark[word + i] : 0.0F);
      const bool masked = run.masked != nullptr && run.masked[word + i] != 0;
      const bool none = masked || is_no_data(raw) || !std::isfinite(value);
      valueless_bits |= std::uint64_t{none} << i;
      kept_bits |= std::uint64_t{!none && value >= run.at_least} << i;
    }
    kept[word / word_pixels] = kept_bits;
    valueless[word / word_pixels] = valueless_bits;
  }
}

#if BRAGGD_X86_KERNELS

template <class Pixel>
BRAGGD_TARGET_AVX2 inline __m256i widen_8(const std::byte* raw) {
  if constexpr (sizeof(Pixel) == 1) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i_u*>(raw)));
  } else if constexpr (sizeof(Pixel) == 2) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(raw)));
  } else {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(raw));
  }
}

template <class Pixel>
BRAGGD_TARGET_AVX2 inline __m256 to_floats_8(__m256i raw) {
  if constexpr (std::floating_point<Pixel>) {
    return _mm256_castsi256_ps(raw);
  } else if constexpr (sizeof(Pixel) < 4) {
    return _mm256_cvtepi32_ps(raw);
  } else {  // both halves are exact, so their sum is rounded once, as the scalar conversion is
    const __m256 high = _mm256_cvtepi32_ps(_mm256_srli_epi32(raw, 16));
    const __m256 low = _mm256_cvtepi32_ps(_mm256_and_si256(raw, _mm256_set1_epi32(0xffff)));
    return _mm256_add_ps(_mm256_mul_ps(high, _mm256_set1_ps(65536.0F)), low);
  }
}

BRAGGD_TARGET_AVX2 inline std::uint64_t masked_bits_32(const std::uint8_t* masked) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(masked));
  const __m256i zero = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
  return static_cast<std::uint32_t>(~_mm256_movemask_epi8(zero));
}

template <class Pixel>
BRAGGD_TARGET_AVX2 void classify_avx2(const PixelRun& run, std::uint64_t* kept, std::uint64_t* valueless) {
  const __m256 at_least = _mm256_set1_ps(run.at_least);
  const __m256 largest = _mm256_set1_ps(largest_float);
  const __m256 sign = _mm256_set1_ps(-0.0F);
  const std::size_t whole = run.count - run.count % word_pixels;
  for (std::size_t word = 0; word < whole; word += word_pixels) {
    std::uint64_t at_least_bits = 0;
    std::uint64_t none_bits = 0;
    for (std::size_t i = 0; i < word_pixels; i += 8) {
      const __m256i raw = widen_8<Pixel>(run.raw + (word + i) * sizeof(Pixel));
      const __m256 dark = run.dark != nullptr ? _mm256_loadu_ps(run.dark + word + i) : _mm256_setzero_ps();
      const __m256 value = _mm256_sub_ps(to_floats_8<Pixel>(raw), dark);
      __m256 none = _mm256_cmp_ps(_mm256_andnot_ps(sign, value), largest, _CMP_NLE_UQ);
      if constexpr (std::integral<Pixel>) {
        const __m256i limit = _mm256_set1_epi32(static_cast<int>(first_no_data<Pixel>));
        none = _mm256_or_ps(none, _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(raw, limit), raw)));
      }
      const __m256 enough = _mm256_cmp_ps(value, at_least, _CMP_GE_OQ);
      at_least_bits |= static_cast<std::uint64_t>(_mm256_movemask_ps(enough)) << i;
      none_bits |= static_cast<std::uint64_t>(_mm256_movemask_ps(none)) << i;
    }
    if (run.masked != nullptr) {
      none_bits |= masked_bits_32(run.masked + word) | masked_bits_32(run.masked + word + 32) << 32;
    }
    kept[word / word_pixels] = at_least_bits & ~none_bits;
    valueless[word / word_pixels] = none_bits;
  }
  classify_scalar<Pixel>(run, whole, kept, valueless);
}

template <class Pixel>
BRAGGD_TARGET_AVX512 inline __m512i widen_16(const std::byte* raw) {
  if constexpr (sizeof(Pixel) == 1) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(raw)));
  } else if constexpr (sizeof(Pixel) == 2) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(raw)));
  } else {
    return _mm512_loadu_si512(raw);
  }
}

template <class Pixel>
BRAGGD_TARGET_AVX512 inline __m512 to_floats_16(__m512i raw) {
  if constexpr (std::floating_point<Pixel>) {
    return _mm512_castsi512_ps(raw);
  } else {
    return _mm512_cvtepu32_ps(raw);
  }
}

template <class Pixel>
BRAGGD_TARGET_AVX512 void classify_avx512(const PixelRun& run, std::uint64_t* kept,
                                          std::uint64_t* valueless) {
  const __m512 at_least = _mm512_set1_ps(run.at_least);
  const __m512 largest = _mm512_set1_ps(largest_float);
  const std::size_t whole = run.count - run.count % word_pixels;
  for (std::size_t word = 0; word < whole; word += word_pixels) {
    std::uint64_t at_least_bits = 0;
    std::uint64_t none_bits = 0;
    for (std::size_t i = 0; i < word_pixels; i += 16) {
      const __m512i raw = widen_16<Pixel>(run.raw + (word + i) * sizeof(Pixel));
      const __m512 dark = run.dark != nullptr ? _mm512_loadu_ps(run.dark + word + i) : _mm512_setzero_ps();
      const __m512 value = _mm512_sub_ps(to_floats_16<Pixel>(raw), dark);
      std::uint64_t none = _mm512_cmp_ps_mask(_mm512_abs_ps(value), largest, _CMP_NLE_UQ);
      if constexpr (std::integral<Pixel>) {
        none |= _mm512_cmpge_epu32_mask(raw, _mm512_set1_epi32(static_cast<int>(first_no_data<Pixel>)));
      }
      const std::uint64_t enough = _mm512_cmp_ps_mask(value, at_least, _CMP_GE_OQ);
      at_least_bits |= enough << i;
      none_bits |= none << i;
    }
    if (run.masked != nullptr) {
      const __m512i masked = _mm512_loadu_si512(run.masked + word);
      none_bits |= _mm512_test_epi8_mask(masked, masked);
    }
    kept[word / word_pixels] = at_least_bits & ~none_bits;
    valueless[word / word_pixels] = none_bits;
  }
  classify_scalar<Pixel>(run, whole, kept, valueless);
}

#endif

}  // namespace

void classify_pixels(KernelSet set, PixelType type, const PixelRun& run, std::uint64_t* kept,
                     std::uint64_t* valueless) {
  with_pixel_type(type, [&](auto pixel) {
    using Pixel = decltype(pixel);
#if BRAGGD_X86_KERNELS
    if (set == KernelSet::avx512) return classify_avx512<Pixel>(run, kept, valueless);
    if (set == KernelSet::avx2) return classify_avx2<Pixel>(run, kept, valueless);
#endif
    static_cast<void>(set);
    return classify_scalar<Pixel>(run, 0, kept, valueless);
  });
}

}  // namespace braggd
