#include "core/large_buffer.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace braggd {

namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20U;

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

LargeBuffer::LargeBuffer(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  const std::size_t alignment = bytes >= 2 * huge_page ? huge_page : cache_line;
  const std::size_t room = rounded_up(bytes, alignment);
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, room)));
  if (!memory_) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (alignment == huge_page)
    ::madvise(memory_.get(), room, MADV_HUGEPAGE);  // a wish: small pages do as well
#endif
  std::memset(memory_.get(), 0, room);
}

void LargeBuffer::Free::operator()(std::byte* memory) const {
  std::free(memory);
}

}  // namespace braggd
