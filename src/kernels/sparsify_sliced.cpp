// Pixels as bit planes: 512 compared by one instruction a plane, and only the words that hold survivors put together.
#include <span>

#include "kernels/sliced_collect.hpp"
#include "kernels/sparsify_variants.hpp"

namespace braggd {

namespace {

#if BRAGGD_X86_KERNELS

BRAGGD_KERNEL_BODY void note_no_data(const SlicedRun& run, std::size_t g, const Group& group,
                                     Survivors& out) {
  for (std::size_t w = 0; w < group_words; ++w) {
    if (group.none[w] == 0) continue;
    out.no_data.push_back({run.first_pixel + g * group_pixels + w * 64, group.none[w]});
  }
}

/// Groups that are classified before their survivors are collected, so many that their dark values, which lie far apart,
/// are on their way by then.
inline constexpr std::size_t groups_ahead = 8;

BRAGGD_KERNEL_BODY void prefetch_dark(const float* dark, const Group& group) {
  constexpr std::size_t line_pixels = 64 / sizeof(float);
  for (unsigned left = group.words_kept; left != 0; left &= left - 1) {
    const auto w = static_cast<std::size_t>(std::countr_zero(left));
    for (std::size_t i = 0; i < 64; i += line_pixels) {
      if ((group.kept[w] >> i & 0xffffU) != 0) __builtin_prefetch(dark + w * 64 + i);
    }
  }
}

BRAGGD_KERNEL_BODY GroupInput input_of(const SlicedRun& run, const FrameRule& rule) {
  return {run.planes, run.plane_bytes, run.planes_used,
          rule.masked == nullptr ? nullptr : rule.masked->data() + run.first_pixel / 8};
}

/// What the variants' walks share, once groups from `first` on are classified.
template <class Kernel>
BRAGGD_KERNEL_BODY bool collect(const SlicedRun& run, std::size_t first, std::span<const Group> groups,
                                const CollectRule& rule, Survivors& out) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].any_none) [[unlikely]]
      note_no_data(run, first + i, groups[i], out);
    if (groups[i].words_kept == 0) continue;
    if (!out.make_room(rule.max_pixels)) return false;
    Kernel::collect(run, first + i, groups[i], rule, out);
  }
  return true;
}

/// Without a dark frame.
template <class Kernel>
BRAGGD_KERNEL_BODY bool take_constant(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  constexpr std::size_t at_once = 4;  // as many as a block of 32-bit pixels has
  const GroupInput in = input_of(run, rule);
  std::array<Group, at_once> groups;
  std::size_t first = 0;
  for (; first + at_once <= run.groups; first += at_once) {
    Kernel::template classify_constant<at_once>(in.at(first), rule.constant, groups.data());
    if (!collect<Kernel>(run, first, groups, rule.collect, out)) return false;
  }
  for (; first < run.groups; ++first) {
    Kernel::template classify_constant<1>(in.at(first), rule.constant, groups.data());
    if (!collect<Kernel>(run, first, std::span(groups).first(1), rule.collect, out)) return false;
  }
  return true;
}

/// With one.
template <class Kernel>
BRAGGD_KERNEL_BODY bool take_varying(const Kernel& kernel, const SlicedRun& run, const FrameRule& rule,
                                     Survivors& out) {
  const GroupInput in = input_of(run, rule);
  const std::byte* varying = rule.planes->group(run.first_pixel);
  std::array<Group, groups_ahead> groups;
  for (std::size_t first = 0; first < run.groups; first += groups_ahead) {
    const std::size_t count = std::min(groups_ahead, run.groups - first);
    for (std::size_t i = 0; i < count; ++i, varying += rule.planes->group_bytes) {
      kernel.classify_varying(in.at(first + i), *rule.planes, varying, groups[i]);
      prefetch_dark(rule.collect.dark + run.first_pixel + (first + i) * group_pixels, groups[i]);
    }
    if (!collect<Kernel>(run, first, std::span(groups).first(count), rule.collect, out)) return false;
  }
  return true;
}

template <class Pixel>
struct Avx2 {
  static constexpr std::size_t bits = 8 * sizeof(Pixel);
  explicit Avx2(const LimitPlanes& /*limits*/) {}
  template <std::size_t n>
  BRAGGD_TARGET_AVX2 static void classify_constant(const GroupInput& in, std::uint32_t limit, Group* groups) {
    classify_constant_avx2<bits, n>(in, limit, groups);
  }
  BRAGGD_TARGET_AVX2 static void classify_varying(const GroupInput& in, const LimitPlanes& limits,
                                                  const std::byte* varying, Group& group) {
    classify_varying_avx2<bits>(in, limits, varying, group);
  }
  static void collect(const SlicedRun& run, std::size_t g, const Group& group, const CollectRule& rule,
                      Survivors& out) {
    collect_columns<Pixel>(run, g, group, rule, out);
  }
};

template <class Pixel>
struct Avx512 {
  static constexpr std::size_t bits = 8 * sizeof(Pixel);
  [[gnu::always_inline]] BRAGGD_TARGET_AVX512 explicit Avx512(const LimitPlanes& limits) : constant(limits) {}
  template <std::size_t n>
  BRAGGD_TARGET_AVX512 static void classify_constant(const GroupInput& in, std::uint32_t limit,
                                                     Group* groups) {
    classify_constant_avx512<bits, n>(in, limit, groups);
  }
  BRAGGD_TARGET_AVX512 void classify_varying(const GroupInput& in, const LimitPlanes& limits,
                                             const std::byte* varying, Group& group) const {
    classify_varying_avx512<bits>(in, limits, constant, varying, group);
  }
  static void collect(const SlicedRun& run, std::size_t g, const Group& group, const CollectRule& rule,
                      Survivors& out) {
    collect_columns<Pixel>(run, g, group, rule, out);
  }
  ConstantPlanes<bits> constant;
};

template <class Pixel>
struct Vbmi : Avx512<Pixel> {
  [[gnu::always_inline]] BRAGGD_TARGET_VBMI explicit Vbmi(const LimitPlanes& limits)
      : Avx512<Pixel>(limits) {}
  BRAGGD_TARGET_VBMI static void collect(const SlicedRun& run, std::size_t g, const Group& group,
                                         const CollectRule& rule, Survivors& out) {
    collect_vbmi<Pixel>(run, g, group, rule, out);
  }
};

template <class Pixel>
BRAGGD_TARGET_AVX2 bool take_avx2(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  if (rule.planes == nullptr) return take_constant<Avx2<Pixel>>(run, rule, out);
  return take_varying(Avx2<Pixel>(*rule.planes), run, rule, out);
}

template <class Pixel>
BRAGGD_TARGET_AVX512 bool take_avx512(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  if (rule.planes == nullptr) return take_constant<Avx512<Pixel>>(run, rule, out);
  return take_varying(Avx512<Pixel>(*rule.planes), run, rule, out);
}

template <class Pixel>
BRAGGD_TARGET_VBMI bool take_vbmi(const SlicedRun& run, const FrameRule& rule, Survivors& out) {
  if (rule.planes == nullptr) return take_constant<Vbmi<Pixel>>(run, rule, out);
  return take_varying(Vbmi<Pixel>(*rule.planes), run, rule, out);
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
