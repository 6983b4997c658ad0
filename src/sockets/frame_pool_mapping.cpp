#include "sockets/frame_pool_mapping.hpp"

#include <cerrno>
#include <climits>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include <braggd/error.hpp>

namespace braggd::frame_pool {

namespace {

std::atomic_ref<std::uint32_t> shared_word(std::byte* at) {
  return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(at));
}

}  // namespace

Mapping::Mapping(std::string name_of_it, int descriptor, std::size_t bytes_of_it)
    : name(std::move(name_of_it)), bytes(bytes_of_it) {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
  if (at == MAP_FAILED) throw OutputError("no memory to map " + name + ": " + std::strerror(errno));
  data = static_cast<std::byte*>(at);
  ::madvise(data, bytes, MADV_HUGEPAGE);
}

Mapping::~Mapping() {
  ::munmap(data, bytes);
}

std::atomic_ref<std::uint32_t> Mapping::state(std::uint32_t slot) const {
  return shared_word(data + states_at + std::size_t{slot} * sizeof(std::uint32_t));
}

std::span<std::byte> Mapping::slot(std::uint32_t number) const {
  return {data + first_slot + number * slot_bytes, static_cast<std::size_t>(slot_bytes)};
}

std::atomic_ref<std::uint32_t> Mapping::releases() const {
  return shared_word(data + releases_at);
}

std::atomic_ref<std::uint32_t> Mapping::waits() const {
  return shared_word(data + waits_at);
}

void Mapping::give_back(std::uint32_t number) const {
  state(number).store(slot_free, std::memory_order_release);
  releases().fetch_add(1);
  if (waits().exchange(0) != 0)
    ::syscall(SYS_futex, data + releases_at, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void Mapping::wait_for_release(std::uint32_t seen) const {
  constexpr timespec soon{0, 50'000'000};
  ::syscall(SYS_futex, data + releases_at, FUTEX_WAIT, seen, &soon, nullptr, 0);
}

}  // namespace braggd::frame_pool
