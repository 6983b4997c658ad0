#include <cerrno>
#include <fcntl.h>
#include <random>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "sockets/frame_pool_mapping.hpp"

namespace braggd {

namespace fs = std::filesystem;

namespace {

std::uint64_t first_slot_of(std::uint32_t slots) {
  const std::uint64_t head = frame_pool::states_at + std::uint64_t{slots} * sizeof(std::uint32_t);
  return (head + frame_pool::page_bytes - 1) / frame_pool::page_bytes * frame_pool::page_bytes;
}

std::string new_name() {
  std::random_device random;
  return fmt::format("braggd-{}-{:08x}{}", ::getpid(), random(), frame_pool::suffix);
}

/// A sender holds a lock on its file while it lives.
void remove_abandoned(const fs::path& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("braggd-") || !name.ends_with(frame_pool::suffix)) continue;
    const int descriptor = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) fs::remove(entry.path(), error);
    ::close(descriptor);
  }
}

}  // namespace

using frame_pool::Mapping;

FramePoolWriter::FramePoolWriter(const fs::path& directory, std::uint32_t slots, std::uint64_t slot_bytes)
    : file_(directory / new_name()) {
  slot_bytes = (slot_bytes + frame_pool::page_bytes - 1) / frame_pool::page_bytes * frame_pool::page_bytes;
  const std::uint64_t first_slot = first_slot_of(slots);
  const std::uint64_t bytes = first_slot + slots * slot_bytes;
  remove_abandoned(directory);
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
  frame_pool::store(mapping_->data + frame_pool::slots_at, slots);
  frame_pool::store(mapping_->data + frame_pool::slot_bytes_at, slot_bytes);
  frame_pool::store(mapping_->data + frame_pool::first_slot_at, first_slot);
}

FramePoolWriter::~FramePoolWriter() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

std::optional<FramePoolWriter::Slot> FramePoolWriter::take(std::chrono::steady_clock::time_point until,
                                                           const std::stop_token& stop) {
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
    mapping_->wait_for_release(seen);
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

}  // namespace braggd
