// Pixels as bit planes: 512 compared by one instruction a plane, and only the words that hold survivors put together.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "kernels/sparsify_variants.hpp"

namespace braggd {

namespace {

#if BRAGGD_X86_KERNELS

constexpr std::size_t group_bytes = group_pixels / 8;
constexpr std::size_t group_words = group_pixels / 64;

/// The words of a group, bit i of word w being pixel 64 w + i.
struct Group {
  alignas(64) std::array<std::uint64_t, group_words> kept;
  alignas(64) std::array<std::uint64_t, group_words> none;
  unsigned words_kept = 0;  ///< bit w: kept[w] is not zero
  bool any_none = false;    ///< else `none` is not filled
};

/// Where a group's planes and limits are.
struct GroupInput {
  const std::byte* planes;  ///< 64 bytes at each multiple of plane_bytes
  std::size_t plane_bytes;
  const LimitPlanes* limits;
  const std::byte* varying;    ///< the group's own planes
  const std::uint8_t* masked;  ///< 64 bytes, or null
};

// value >= limit, from the lowest bit up: where the bits differ the value's bit decides, else the verdict so far stays.

template <std::size_t bits>
BRAGGD_TARGET_AVX2 inline void classify_avx2(const GroupInput& in, Group& group) {
  group.words_kept = 0;
  group.any_none = false;
  for (std::size_t half = 0; half < group_bytes; half += 32) {
    const auto load = [half](const void* from) BRAGGD_TARGET_AVX2 {
      return _mm256_loadu_si256(
          reinterpret_cast<const __m256i_u*>(static_cast<const std::byte*>(from) + half));
    };
    const std::byte* varying = in.varying;
    __m256i enough = _mm256_set1_epi8(-1);
    for (std::size_t k = 0; k < bits; ++k) {
      const __m256i value = load(in.planes + k * in.plane_bytes);
      __m256i limit = _mm256_set1_epi64x(static_cast<long long>(in.limits->constant[k]));
      if ((in.limits->varying >> k & 1U) != 0) {
        limit = load(varying);
        varying += group_bytes;
      }
      const __m256i equal_and_enough = _mm256_andnot_si256(_mm256_xor_si256(value, limit), enough);
      enough = _mm256_or_si256(_mm256_andnot_si256(limit, value), equal_and_enough);
    }
    __m256i none = load(in.planes + (bits - 1) * in.plane_bytes);
    for (std::size_t k = 1; k + 1 < bits; ++k)
      none = _mm256_and_si256(none, load(in.planes + k * in.plane_bytes));
    if (in.masked != nullptr) {
      none = _mm256_andnot_si256(load(in.masked), none);
      enough = _mm256_andnot_si256(load(in.masked), enough);
    }
    enough = _mm256_andnot_si256(none, enough);
    group.any_none = group.any_none || _mm256_testz_si256(none, none) == 0;
    _mm256_store_si256(reinterpret_cast<__m256i*>(&group.none[half / 8]), none);
    _mm256_store_si256(reinterpret_cast<__m256i*>(&group.kept[half / 8]), enough);
  }
  for (unsigned w = 0; w < group_words; ++w) group.words_kept |= unsigned{group.kept[w] != 0} << w;
}

/// The constant planes of the limits as vectors, made once a run.
template <std::size_t bits>
struct ConstantPlanes {
  __m512i plane[bits];
  [[gnu::always_inline]] BRAGGD_TARGET_AVX512 explicit ConstantPlanes(const LimitPlanes& limits) {
    for (std::size_t k = 0; k < bits; ++k) {
      plane[k] = _mm512_set1_epi64(static_cast<long long>(limits.constant[k]));
    }
  }
};

/// Takes the pixels that are no-data, all bits set but the lowest, from those that are enough, and notes them. By itself,
/// so that the usual way keeps its registers.
template <std::size_t bits>
[[gnu::noinline]] BRAGGD_TARGET_AVX512 __m512i take_no_data_away(const GroupInput& in, __m512i enough,
                                                                 Group& group) {
  __m512i none = _mm512_set1_epi64(-1);
  for (std::size_t k = 1; k < bits; ++k) {
    none = _mm512_and_si512(none, _mm512_loadu_si512(in.planes + k * in.plane_bytes));
  }
  if (in.masked != nullptr) none = _mm512_andnot_si512(_mm512_loadu_si512(in.masked), none);
  group.any_none = _mm512_test_epi64_mask(none, none) != 0;
  _mm512_store_si512(group.none.data(), none);
  return _mm512_andnot_si512(none, enough);
}

template <std::size_t bits, bool varies>
BRAGGD_TARGET_AVX512 inline void classify_avx512(const GroupInput& in, const ConstantPlanes<bits>& constant,
                                                 Group& group) {
  constexpr int differs_by_value = 0xb2;  // (value & ~limit) | (~(value ^ limit) & enough)
  const std::byte* varying = in.varying;
  __m512i enough = _mm512_set1_epi64(-1);
  __m512i value = enough;
#pragma GCC unroll 32
  for (std::size_t k = 0; k < bits; ++k) {
    value = _mm512_loadu_si512(in.planes + k * in.plane_bytes);
    __m512i limit = constant.plane[k];
    if (varies && (in.limits->varying >> k & 1U) != 0) {
      limit = _mm512_load_si512(varying);
      varying += group_bytes;
    }
    enough = _mm512_ternarylogic_epi64(value, limit, enough, differs_by_value);
  }
  if (in.masked != nullptr) enough = _mm512_andnot_si512(_mm512_loadu_si512(in.masked), enough);
  group.any_none = false;
  if (_mm512_test_epi64_mask(value, value) != 0)
      [[unlikely]] {  // without the highest bit no pixel is no-data
    enough = take_no_data_away<bits>(in, enough, group);
  }
  group.words_kept = _mm512_test_epi64_mask(enough, enough);
  if (group.words_kept != 0) _mm512_store_si512(group.kept.data(), enough);
}

/// 8 rows of 8 bits, one a byte, become 8 columns (Hacker's Delight, 2nd ed., 7-3).
BRAGGD_KERNEL_BODY std::uint64_t transpose_8x8(std::uint64_t rows) {
  const auto exchange = [&](unsigned distance, std::uint64_t mask) {
    const std::uint64_t different = (rows ^ rows >> distance) & mask;
    rows ^= different ^ different << distance;
  };
  exchange(7, 0x00aa00aa00aa00aaU);
  exchange(14, 0x0000cccc0000ccccU);
  exchange(28, 0x00000000f0f0f0f0U);
  return rows;
}

/// The pixels of one byte column of the planes, as 8 bytes for each byte of a pixel.
template <class Pixel>
BRAGGD_KERNEL_BODY std::array<std::uint64_t, sizeof(Pixel)> pixels_of_column(const std::byte* planes,
                                                                             std::size_t plane_bytes) {
  std::array<std::uint64_t, sizeof(Pixel)> columns{};
  for (std::size_t byte = 0; byte < sizeof(Pixel); ++byte) {
    std::uint64_t rows = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      rows |= std::to_integer<std::uint64_t>(planes[(8 * byte + k) * plane_bytes]) << 8 * k;
    }
    columns[byte] = transpose_8x8(rows);
  }
  return columns;
}

template <class Pixel>
BRAGGD_KERNEL_BODY void collect_columns(const SlicedRun& run, std::size_t g, const Group& group,
                                        const CollectRule& rule, Survivors& out) {
  for (unsigned left = group.words_kept; left != 0; left &= left - 1) {
    const auto w = static_cast<std::size_t>(std::countr_zero(left));
    for (std::size_t column = 0; column < 8; ++column) {
      auto kept = static_cast<unsigned>(group.kept[w] >> 8 * column & 0xffU);
      if (kept == 0) continue;
      const std::size_t byte = g * group_bytes + w * 8 + column;
      const auto columns = pixels_of_column<Pixel>(run.planes + byte, run.plane_bytes);
      for (; kept != 0; kept &= kept - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(kept));
        std::uint32_t raw = 0;
        for (std::size_t b = 0; b < sizeof(Pixel); ++b) {
          raw |= static_cast<std::uint32_t>(columns[b] >> 8 * i & 0xffU) << 8 * b;
        }
        keep_pixel(rule, run.first_pixel + byte * 8 + i, static_cast<Pixel>(raw), out);
      }
    }
  }
}

BRAGGD_TARGET_AVX512 inline __m512i widened(const std::uint8_t* bytes) {
  return _mm512_maskz_cvtepu8_epi32(0xffff, _mm_load_si128(reinterpret_cast<const __m128i*>(bytes)));
}

/// Where a word's pixels are and which of them passed.
struct WordInput {
  const std::byte* planes;  ///< 8 bytes at each multiple of plane_bytes
  std::size_t plane_bytes;
  std::size_t first_pixel;
  std::uint64_t kept;
};

/// The planes' 8 bytes are gathered and turned into bytes a pixel by an 8 x 8 bit transposition (the matrix product of
/// GFNI with the unit vectors); what is kept moves together first, so that 16 survivors are taken at once.
template <class Pixel>
BRAGGD_TARGET_VBMI inline void collect_word(const WordInput& in, const CollectRule& rule, Survivors& out) {
  struct alignas(64) Bytes {
    std::array<std::uint8_t, 64> at{};
  };
  // Byte k of word j goes to byte 7 - j of word k: the product takes the rows of its matrix from the last byte on.
  static constexpr Bytes order = [] {
    Bytes o;
    for (std::size_t k = 0; k < 8; ++k) {
      for (std::size_t j = 0; j < 8; ++j) o.at[8 * k + 7 - j] = static_cast<std::uint8_t>(8 * j + k);
    }
    return o;
  }();
  static constexpr Bytes counting = [] {
    Bytes o;
    for (std::size_t i = 0; i < 64; ++i) o.at[i] = static_cast<std::uint8_t>(i);
    return o;
  }();
  const __m512i turn = _mm512_load_si512(order.at.data());
  const __m512i unit_vectors = _mm512_set1_epi64(static_cast<long long>(0x8040201008040201U));
  const auto stride = static_cast<long long>(in.plane_bytes);
  const __m512i rows =
      _mm512_set_epi64(7 * stride, 6 * stride, 5 * stride, 4 * stride, 3 * stride, 2 * stride, stride, 0);
  std::array<Bytes, sizeof(Pixel)> bytes;
  Bytes place;
  for (std::size_t b = 0; b < sizeof(Pixel); ++b) {
    const __m512i words = _mm512_i64gather_epi64(rows, in.planes + 8 * b * in.plane_bytes, 1);
    const __m512i matrices = _mm512_permutexvar_epi8(turn, words);
    const __m512i pixels = _mm512_gf2p8affine_epi64_epi8(unit_vectors, matrices, 0);
    _mm512_store_si512(bytes[b].at.data(), _mm512_maskz_compress_epi8(in.kept, pixels));
  }
  _mm512_store_si512(place.at.data(),
                     _mm512_maskz_compress_epi8(in.kept, _mm512_load_si512(counting.at.data())));
  std::uint64_t beside = 0;
  if (rule.beside_valueless != nullptr)
    beside = _pext_u64(rule.beside_valueless->word(in.first_pixel), in.kept);
  const auto count = static_cast<std::size_t>(__builtin_popcountll(in.kept));
  for (std::size_t i = 0; i < count; i += 16) {
    __m512i raw = widened(&bytes[0].at[i]);
    for (std::size_t b = 1; b < sizeof(Pixel); ++b) {
      raw = _mm512_or_si512(raw, _mm512_slli_epi32(widened(&bytes[b].at[i]), static_cast<unsigned>(8 * b)));
    }
    const __m512i pixels =
        _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(in.first_pixel)), widened(&place.at[i]));
    const std::size_t lanes = std::min<std::size_t>(16, count - i);
    keep_16_pixels(rule, pixels, raw, static_cast<__mmask16>((1U << lanes) - 1U),
                   static_cast<unsigned>(beside >> i), out);
  }
}

template <class Pixel>
BRAGGD_TARGET_VBMI inline void collect_vbmi(const SlicedRun& run, std::size_t g, const Group& group,
                                            const CollectRule& rule, Survivors& out) {
  for (unsigned left = group.words_kept; left != 0; left &= left - 1) {
    const auto w = static_cast<std::size_t>(std::countr_zero(left));
    const std::size_t byte = g * group_bytes + w * 8;
    collect_word<Pixel>({run.planes + byte, run.plane_bytes, run.first_pixel + byte * 8, group.kept[w]}, rule,
                        out);
  }
}

BRAGGD_KERNEL_BODY void note_no_data(const SlicedRun& run, std::size_t g, const Group& group,
                                     Survivors& out) {
  for (std::size_t w = 0; w < group_words; ++w) {
    if (group.none[w] == 0) continue;
    out.no_data.push_back({run.first_pixel + g * group_pixels + w * 64, group.none[w]});
  }
}

/// The walk that all variants share.
template <class Kernel>
BRAGGD_KERNEL_BODY bool take(const Kernel& kernel, const SlicedRun& run, const FrameRule& rule,
                             Survivors& out) {
  GroupInput in{run.planes, run.plane_bytes, rule.planes, rule.planes->group(run.first_pixel),
                rule.masked == nullptr ? nullptr : rule.masked->data() + run.first_pixel / 8};
  const std::size_t limit_bytes = rule.planes->group_bytes;
  const std::size_t mask_bytes = rule.masked == nullptr ? 0 : group_bytes;
  Group group;
  for (std::size_t g = 0; g < run.groups; ++g) {
    kernel.classify(in, group);
    in.planes += group_bytes;
    in.varying += limit_bytes;
    in.masked += mask_bytes;
    if (group.any_none) [[unlikely]]
      note_no_data(run, g, group, out);
    if (group.words_kept == 0) continue;
    if (!out.make_room(rule.collect.max_pixels)) return false;
    kernel.collect(run, g, group, rule.collect, out);
  }
  return true;
}

template <class Pixel>
struct Avx2 {
  explicit Avx2(const LimitPlanes& /*limits*/) {}
  BRAGGD_TARGET_AVX2 void classify(const GroupInput& in, Group& group) const {
    classify_avx2<8 * sizeof(Pixel)>(in, group);
  }
  static void collect(const SlicedRun& run, std::size_t g, const Group& group, const CollectRule& rule,
                      Survivors& out) {
    collect_columns<Pixel>(run, g, group, rule, out);
  }
};

template <class Pixel, bool varies>
struct Avx512 {
  [[gnu::always_inline]] BRAGGD_TARGET_AVX512 explicit Avx512(const LimitPlanes& limits) : constant(limits) {}
  BRAGGD_TARGET_AVX512 void classify(const GroupInput& in, Group& group) const {
    classify_avx512<8 * sizeof(Pixel), varies>(in, constant, group);
  }
  static void collect(const SlicedRun& run, std::size_t g, const Group& group, const CollectRule& rule,
                      Survivors& out) {
    collect_columns<Pixel>(run, g, group, rule, out);
  }
  ConstantPlanes<8 * sizeof(Pixel)> constant;
};

template <class Pixel, bool varies>
struct Vbmi : Avx512<Pixel, varies> {
  [[gnu::always_inline]] BRAGGD_TARGET_VBMI explicit Vbmi(const LimitPlanes& limits)
      : Avx512<Pixel, varies>(limits) {}
  BRAGGD_TARGET_VBMI static void collect(const SlicedRun& run, std::size_t g, const Group& group,
                                         const CollectRule& rule, Survivors& out) {
    collect_vbmi<Pixel>(run, g, group, rule, out);
  }
};

template <class Pixel>
BRAGGD_TARGET_AVX2 bool take_avx2(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  return take(Avx2<Pixel>(*rule.planes), run, rule, out);
}

template <class Pixel>
BRAGGD_TARGET_AVX512 bool take_avx512(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  if (rule.planes->varying == 0) return take(Avx512<Pixel, false>(*rule.planes), run, rule, out);
  return take(Avx512<Pixel, true>(*rule.planes), run, rule, out);
}

template <class Pixel>
BRAGGD_TARGET_VBMI bool take_vbmi(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  if (rule.planes->varying == 0) return take(Vbmi<Pixel, false>(*rule.planes), run, rule, out);
  return take(Vbmi<Pixel, true>(*rule.planes), run, rule, out);
}

template <class Pixel>
TakeSliced take_sliced(KernelSet set) {
  if (set == KernelSet::avx512vbmi) return take_vbmi<Pixel>;
  if (set == KernelSet::avx512) return take_avx512<Pixel>;
  if (set == KernelSet::avx2) return take_avx2<Pixel>;
  return nullptr;
}

#endif

}  // namespace

TakeSliced take_sliced_of(KernelSet set, PixelType type) {
#if BRAGGD_X86_KERNELS
  if (type == PixelType::u8) return take_sliced<std::uint8_t>(set);
  if (type == PixelType::u16) return take_sliced<std::uint16_t>(set);
  if (type == PixelType::u32) return take_sliced<std::uint32_t>(set);
#endif
  static_cast<void>(set);
  static_cast<void>(type);
  return nullptr;
}

}  // namespace braggd
