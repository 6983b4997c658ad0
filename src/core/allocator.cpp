#include "core/allocator.hpp"

#include <malloc.h>

namespace braggd {

void tune_allocator() {
#ifdef __GLIBC__
  constexpr int one_gib = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, one_gib);
  mallopt(M_TRIM_THRESHOLD, one_gib);
#endif
}

}  // namespace braggd
