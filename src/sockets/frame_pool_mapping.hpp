// A pool of frames in this process's memory: what sender and receiver have in common.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "sockets/frame_pool.hpp"

namespace braggd::frame_pool {

inline constexpr std::size_t slots_at = 8, releases_at = 12, slot_bytes_at = 16, first_slot_at = 24,
                             waits_at = 32;
inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::string_view suffix = ".pool";

enum SlotState : std::uint32_t { slot_free, slot_filled, slot_lent };

template <class Integer>
Integer load(const std::byte* from) {
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class Integer>
void store(std::byte* to, Integer value) {
  std::memcpy(to, &value, sizeof value);
}

/// The measures are read once: the other side may write where they stand at any time.
struct Mapping {
  /// Throws OutputError where there is no memory.
  Mapping(std::string name_of_it, int descriptor, std::size_t bytes_of_it);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::atomic_ref<std::uint32_t> state(std::uint32_t slot) const;
  std::span<std::byte> slot(std::uint32_t number) const;
  std::atomic_ref<std::uint32_t> releases() const;
  std::atomic_ref<std::uint32_t> waits() const;

  void give_back(std::uint32_t number) const;
  /// Returns when `releases` is not `seen`, or soon.
  void wait_for_release(std::uint32_t seen) const;

  std::string name;
  std::size_t bytes;
  std::byte* data = nullptr;
  std::uint32_t slots = 0;
  std::uint64_t slot_bytes = 0, first_slot = 0;
};

}  // namespace braggd::frame_pool
