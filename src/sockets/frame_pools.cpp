#include <cerrno>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "sockets/frame_pool_mapping.hpp"

namespace braggd {

using frame_pool::Mapping;

bool FramePools::is_reference(std::span<const std::byte> message) {
  return message.size() >= frame_pool::message_head_bytes &&
         std::memcmp(message.data(), frame_pool::magic.data(), frame_pool::magic.size()) == 0;
}

Bytes FramePools::open(std::span<const std::byte> message) {
  if (directory_.empty()) {
    throw InputError("it lies in shared memory, and source.shared_memory names no directory");
  }
  const auto number = frame_pool::load<std::uint32_t>(message.data() + 8);
  const auto name_bytes = frame_pool::load<std::uint32_t>(message.data() + 12);
  const auto bytes = frame_pool::load<std::uint64_t>(message.data() + 16);
  if (name_bytes != message.size() - frame_pool::message_head_bytes || name_bytes > 255) {
    throw InputError("it names shared memory in a way that is not understood");
  }
  const auto pool = find(std::string(
      reinterpret_cast<const char*>(message.data()) + frame_pool::message_head_bytes, name_bytes));
  if (number >= pool->slots || bytes > pool->slot_bytes) {
    throw InputError(fmt::format("{} has {} slots of {} bytes, not a slot {} with {} bytes", pool->name,
                                 pool->slots, pool->slot_bytes, number, bytes));
  }
  std::uint32_t filled = frame_pool::slot_filled;
  if (!pool->state(number).compare_exchange_strong(filled, frame_pool::slot_lent,
                                                   std::memory_order_acq_rel)) {
    throw InputError(fmt::format("slot {} of {} is not filled", number, pool->name));
  }
  const auto view = pool->slot(number).first(static_cast<std::size_t>(bytes));
  std::shared_ptr<const void> owner(view.data(), [pool, number](const void*) { pool->give_back(number); });
  if (bytes > most_bytes_)
    throw InputError("it has " + format_bytes(bytes) +
                     ", more than source.max_message_bytes=" + format_bytes(most_bytes_));
  return {std::move(owner), view};
}

std::shared_ptr<Mapping> FramePools::find(const std::string& name) {
  constexpr std::size_t most_pools = 64;
  for (const auto& pool : mapped_) {
    if (pool->name == name) return pool;
  }
  const std::string shown = printable(name, 80);
  if (safe_file_name(name) != name) throw InputError("\"" + shown + "\" is no name of shared memory");
  const std::filesystem::path file = directory_ / name;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) {
    throw InputError("shared memory " + file.string() + " cannot be opened: " + std::strerror(errno));
  }
  struct stat facts {};
  const bool regular = ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  const auto bytes = static_cast<std::uint64_t>(facts.st_size);
  std::shared_ptr<Mapping> pool;
  try {
    if (regular && bytes >= frame_pool::page_bytes)
      pool = std::make_shared<Mapping>(name, descriptor, static_cast<std::size_t>(bytes));
  } catch (const OutputError& error) {
    ::close(descriptor);
    throw InputError(error.what());
  }
  ::close(descriptor);
  if (pool) {
    pool->slots = frame_pool::load<std::uint32_t>(pool->data + frame_pool::slots_at);
    pool->slot_bytes = frame_pool::load<std::uint64_t>(pool->data + frame_pool::slot_bytes_at);
    pool->first_slot = frame_pool::load<std::uint64_t>(pool->data + frame_pool::first_slot_at);
  }
  const bool in_order =
      pool && std::memcmp(pool->data, frame_pool::magic.data(), frame_pool::magic.size()) == 0 &&
      pool->slots > 0 && pool->slots <= frame_pool::most_slots && pool->slot_bytes > 0 &&
      pool->first_slot >= frame_pool::states_at + std::uint64_t{pool->slots} * sizeof(std::uint32_t) &&
      pool->first_slot <= bytes && pool->slot_bytes <= (bytes - pool->first_slot) / pool->slots;
  if (!in_order) throw InputError(file.string() + " is no pool of frames");
  mapped_.push_back(pool);
  if (mapped_.size() > most_pools) mapped_.pop_front();
  return pool;
}

}  // namespace braggd
