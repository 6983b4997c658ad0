// Pixels as bit planes: 512 compared by one instruction a plane, and only the words that hold survivors put together.
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

/// Groups that are classified before their survivors are collected: with a dark frame so many that its values, which lie
/// far apart, are on their way by then.
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

/// The walk that all variants share.
template <std::size_t batch, class Kernel>
BRAGGD_KERNEL_BODY bool walk(const Kernel& kernel, const SlicedRun& run, const FrameRule& rule,
                             Survivors& out) {
  GroupInput in{run.planes, run.plane_bytes, rule.planes, rule.planes->group(run.first_pixel),
                rule.masked == nullptr ? nullptr : rule.masked->data() + run.first_pixel / 8};
  const std::size_t limit_bytes = rule.planes->group_bytes;
  const std::size_t mask_bytes = rule.masked == nullptr ? 0 : group_bytes;
  std::array<Group, batch> groups;
  for (std::size_t first = 0; first < run.groups; first += batch) {
    const std::size_t count = std::min(batch, run.groups - first);
    for (std::size_t i = 0; i < count; ++i) {
      kernel.classify(in, groups[i]);
      in.planes += group_bytes;
      in.varying += limit_bytes;
      in.masked += mask_bytes;
      if (groups[i].any_none) [[unlikely]]
        note_no_data(run, first + i, groups[i], out);
      if constexpr (batch > 1)
        prefetch_dark(rule.collect.dark + run.first_pixel + (first + i) * group_pixels, groups[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (groups[i].words_kept == 0) continue;
      if (!out.make_room(rule.collect.max_pixels)) return false;
      kernel.collect(run, first + i, groups[i], rule.collect, out);
    }
  }
  return true;
}

template <class Kernel>
BRAGGD_KERNEL_BODY bool take(const Kernel& kernel, const SlicedRun& run, const FrameRule& rule,
                             Survivors& out) {
  if (rule.collect.dark == nullptr) return walk<1>(kernel, run, rule, out);
  return walk<groups_ahead>(kernel, run, rule, out);
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
