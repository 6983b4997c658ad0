#include "unit/hot_path/counted_allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BRAGGD_OTHER_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define BRAGGD_OTHER_ALLOCATOR 1
#endif

namespace {
std::atomic<std::uint64_t> count{0};
}

namespace braggd::testing {

std::uint64_t allocations() {
  return count.load();
}

#ifdef BRAGGD_OTHER_ALLOCATOR
bool allocations_are_counted() {
  return false;
}
#else
bool allocations_are_counted() {
  const std::uint64_t before = allocations();
  std::free(std::malloc(1));
  return allocations() == before + 1;
}
#endif

}  // namespace braggd::testing

#ifndef BRAGGD_OTHER_ALLOCATOR

// The program's own definitions stand before those of the C library, for every library that it loads.
extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t n, std::size_t bytes) {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(n, bytes);
}
void* realloc(void* block, std::size_t bytes) {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(block, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
  count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  *block = memalign(alignment, bytes);
  return *block == nullptr ? 12 : 0;  // ENOMEM
}

// TBB looks for its own allocator at run time; without it, what TBB allocates is counted like the rest.
void* dlopen(const char* file, int mode) {
  using Open = void* (*)(const char*, int);
  static const auto real = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "dlopen"));
  if (file != nullptr && std::strstr(file, "tbbmalloc") != nullptr) return nullptr;
  return real(file, mode);
}
}

#endif
