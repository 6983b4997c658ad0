#include "sockets/frame_pool.hpp"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <random>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace fs = std::filesystem;

namespace frame_pool {

namespace {

constexpr std::size_t releases_at = 12, slot_bytes_at = 16, first_slot_at = 24, waits_at = 32;
constexpr std::size_t page_bytes = 4096;
constexpr std::string_view suffix = ".pool";

enum : std::uint32_t { slot_free, slot_filled, slot_lent };

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

std::atomic_ref<std::uint32_t> shared_word(std::byte* at) {
  return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(at));
}

}  // namespace

/// A pool in this process's memory. Its measures are read once: the other side may write there at any time.
struct Mapping {
  Mapping(std::string name_of_it, int descriptor, std::size_t bytes_of_it)
      : name(std::move(name_of_it)), bytes(bytes_of_it) {
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
    if (at == MAP_FAILED) throw OutputError("no memory to map " + name + ": " + std::strerror(errno));
    data = static_cast<std::byte*>(at);
    ::madvise(data, bytes, MADV_HUGEPAGE);
  }
  ~Mapping() { ::munmap(data, bytes); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::atomic_ref<std::uint32_t> state(std::uint32_t slot) const {
    return shared_word(data + states_at + std::size_t{slot} * sizeof(std::uint32_t));
  }
  std::span<std::byte> slot(std::uint32_t number) const {
    return {data + first_slot + number * slot_bytes, static_cast<std::size_t>(slot_bytes)};
  }
  std::atomic_ref<std::uint32_t> releases() const { return shared_word(data + releases_at); }
  std::atomic_ref<std::uint32_t> waits() const { return shared_word(data + waits_at); }

  void give_back(std::uint32_t number) const {
    state(number).store(slot_free, std::memory_order_release);
    releases().fetch_add(1);
    if (waits().exchange(0) != 0)
      ::syscall(SYS_futex, data + releases_at, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }
  void wait_for_release(std::uint32_t seen, std::chrono::milliseconds patience) const {
    const timespec timeout{0, std::chrono::nanoseconds(patience).count()};
    ::syscall(SYS_futex, data + releases_at, FUTEX_WAIT, seen, &timeout, nullptr, 0);
  }

  std::string name;
  std::size_t bytes;
  std::byte* data = nullptr;
  std::uint32_t slots = 0;
  std::uint64_t slot_bytes = 0, first_slot = 0;
};

namespace {

std::uint64_t first_slot_of(std::uint32_t slots) {
  const std::uint64_t head = states_at + std::uint64_t{slots} * sizeof(std::uint32_t);
  return (head + page_bytes - 1) / page_bytes * page_bytes;
}

std::string new_name() {
  std::random_device random;
  return fmt::format("braggd-{}-{:08x}{}", ::getpid(), random(), suffix);
}

/// A sender holds a lock on its file while it lives.
void remove_abandoned(const fs::path& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("braggd-") || !name.ends_with(suffix)) continue;
    const int descriptor = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) fs::remove(entry.path(), error);
    ::close(descriptor);
  }
}

}  // namespace

}  // namespace frame_pool

using frame_pool::Mapping;

// ---- the sender's side

FramePoolWriter::FramePoolWriter(const fs::path& directory, std::uint32_t slots, std::uint64_t slot_bytes)
    : file_(directory / frame_pool::new_name()) {
  slot_bytes = (slot_bytes + frame_pool::page_bytes - 1) / frame_pool::page_bytes * frame_pool::page_bytes;
  const std::uint64_t first_slot = frame_pool::first_slot_of(slots);
  const std::uint64_t bytes = first_slot + slots * slot_bytes;
  frame_pool::remove_abandoned(directory);
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  const auto fail = [&](int error) {
    if (descriptor_ >= 0) ::close(descriptor_);
    ::unlink(file_.c_str());
    throw OutputError(file_.string() + ": no shared memory of " + format_bytes(bytes) + ": " +
                      std::strerror(error));
  };
  if (descriptor_ < 0) fail(errno);
  ::flock(descriptor_, LOCK_EX | LOCK_NB);
  // All of it now: memory that is not there would be found missing in the middle of a frame.
  if (const int error = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes)); error != 0) fail(error);
  mapping_ = std::make_shared<Mapping>(file_.filename().string(), descriptor_, bytes);
  mapping_->slots = slots;
  mapping_->slot_bytes = slot_bytes;
  mapping_->first_slot = first_slot;
  std::memcpy(mapping_->data, frame_pool::magic.data(), frame_pool::magic.size());
  frame_pool::store(mapping_->data + frame_pool::magic.size(), slots);
  frame_pool::store(mapping_->data + frame_pool::slot_bytes_at, slot_bytes);
  frame_pool::store(mapping_->data + frame_pool::first_slot_at, first_slot);
}

FramePoolWriter::~FramePoolWriter() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

std::optional<FramePoolWriter::Slot> FramePoolWriter::take(std::chrono::steady_clock::time_point until,
                                                           const std::stop_token& stop) {
  constexpr std::chrono::milliseconds longest_wait{50};
  while (true) {
    const std::uint32_t seen = mapping_->releases().load();
    for (std::uint32_t i = 0; i < mapping_->slots; ++i) {
      const std::uint32_t number = (next_ + i) % mapping_->slots;
      if (mapping_->state(number).load(std::memory_order_acquire) != frame_pool::slot_free) continue;
      next_ = number + 1;
      return Slot{number, mapping_->slot(number)};
    }
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= until) return std::nullopt;
    mapping_->waits().store(1);
    mapping_->wait_for_release(seen, longest_wait);
  }
}

std::vector<std::byte> FramePoolWriter::hand_over(const Slot& slot, std::uint64_t bytes) {
  mapping_->state(slot.number).store(frame_pool::slot_filled, std::memory_order_release);
  const std::string& name = mapping_->name;
  std::vector<std::byte> message(frame_pool::message_head_bytes + name.size());
  std::byte* at = message.data();
  std::memcpy(at, frame_pool::magic.data(), frame_pool::magic.size());
  frame_pool::store(at + 8, slot.number);
  frame_pool::store(at + 12, static_cast<std::uint32_t>(name.size()));
  frame_pool::store(at + 16, bytes);
  std::memcpy(at + frame_pool::message_head_bytes, name.data(), name.size());
  return message;
}

bool FramePoolWriter::wait_until_taken(std::chrono::steady_clock::time_point until) {
  const auto waits = [&] {
    for (std::uint32_t slot = 0; slot < mapping_->slots; ++slot) {
      if (mapping_->state(slot).load(std::memory_order_acquire) == frame_pool::slot_filled) return true;
    }
    return false;
  };
  while (waits()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// ---- the receiver's side

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
  return {std::move(owner), view};
}

std::shared_ptr<Mapping> FramePools::find(const std::string& name) {
  constexpr std::size_t most_pools = 64;
  for (const auto& pool : mapped_) {
    if (pool->name == name) return pool;
  }
  const std::string shown = printable(name, 80);
  if (safe_file_name(name) != name) throw InputError("\"" + shown + "\" is no name of shared memory");
  const fs::path file = directory_ / name;
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
    pool->slots = frame_pool::load<std::uint32_t>(pool->data + frame_pool::magic.size());
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
