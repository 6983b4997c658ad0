// Function-level instruction sets: a variant of a kernel is a function with one of these attributes.
#pragma once

#include <bit>

static_assert(std::endian::native == std::endian::little,
              "pixels are little-endian on the wire and in the kernels");

#if defined(__x86_64__)
#define BRAGGD_X86_KERNELS 1
#if defined(__clang__)
#define BRAGGD_WIDE
#else
#define BRAGGD_WIDE ",prefer-vector-width=512"
#endif
#define BRAGGD_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define BRAGGD_TARGET_AVX2_FMA __attribute__((target("avx2,fma")))
#define BRAGGD_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt" BRAGGD_WIDE)))
#define BRAGGD_TARGET_VBMI \
  __attribute__((          \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,gfni,bmi,bmi2,popcnt" BRAGGD_WIDE)))
#else
#define BRAGGD_X86_KERNELS 0
#endif

/// A body that is compiled again inside each variant, with that variant's instructions.
#define BRAGGD_KERNEL_BODY [[gnu::always_inline]] inline
