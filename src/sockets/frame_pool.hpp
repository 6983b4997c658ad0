// Messages whose bytes stay in shared memory: only their place travels over ZeroMQ.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <braggd/bytes.hpp>

namespace braggd {

/// A file in a directory of both sides' agreement, on a file system in memory such as /dev/shm. The sender makes it, and
/// removes it when it goes. Integers are little-endian:
///
///   0   "BRGPOOL1"
///   8   u32 slots, n
///   12  u32 how often a slot has been given back, so far (a futex)
///   16  u64 bytes of a slot
///   24  u64 where the first slot begins; the others follow without gaps
///   32  u32 not 0: the sender waits for a slot, and is to be woken (FUTEX_WAKE at 12)
///   64  n x u32 state: 0 free, 1 filled by the sender, 2 in the receiver's hands
///
/// A message names a slot in place of its bytes: "BRGPOOL1", u32 slot, u32 length of the name, u64 bytes of the message in
/// the slot, the file's name. A slot is filled before its message is sent; the receiver sets it to 0 when it is done.
///
/// Who can write to the directory is trusted as far as this: a file that is cut while it is mapped ends the receiver.
namespace frame_pool {
inline constexpr std::string_view magic = "BRGPOOL1";
inline constexpr std::size_t states_at = 64;
inline constexpr std::size_t message_head_bytes = 24;
inline constexpr std::uint32_t most_slots = 65536;
struct Mapping;
}  // namespace frame_pool

/// The sender's side. One thread.
class FramePoolWriter {
 public:
  /// Makes the file, for this user alone, with room for `slots` messages of `slot_bytes` at most. Files that senders who are
  /// gone left in the directory are removed. Throws OutputError: no such directory, no room.
  FramePoolWriter(const std::filesystem::path& directory, std::uint32_t slots, std::uint64_t slot_bytes);
  ~FramePoolWriter();
  FramePoolWriter(const FramePoolWriter&) = delete;
  FramePoolWriter& operator=(const FramePoolWriter&) = delete;

  struct Slot {
    std::uint32_t number = 0;
    std::span<std::byte> room;
  };
  /// A free slot, which stays free until it is handed over; nothing: none came free until then, or a stop came.
  std::optional<Slot> take(std::chrono::steady_clock::time_point until, const std::stop_token& stop);
  /// The message that names the slot, filled with so many bytes; to be sent.
  std::vector<std::byte> hand_over(const Slot& slot, std::uint64_t bytes);

  /// Waits until the receiver has every message that was handed over; only then may the file go. False: not until then.
  bool wait_until_taken(std::chrono::steady_clock::time_point until);

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::shared_ptr<frame_pool::Mapping> mapping_;
  std::uint32_t next_ = 0;
};

/// The receiver's side. One thread; what it gives may be let go by any.
class FramePools {
 public:
  /// Of files in `directory`; empty: messages in shared memory are not accepted. Nor are larger ones than `most_bytes`.
  FramePools(std::filesystem::path directory, std::uint64_t most_bytes)
      : directory_(std::move(directory)), most_bytes_(most_bytes) {}

  /// Whether a message is one that names a slot.
  static bool is_reference(std::span<const std::byte> message);
  /// The bytes that it names, which are given back when the last copy goes. Throws InputError: the message is damaged or too
  /// large, names no pool or a slot that is not filled.
  Bytes open(std::span<const std::byte> message);

 private:
  std::shared_ptr<frame_pool::Mapping> find(const std::string& name);

  std::filesystem::path directory_;
  std::uint64_t most_bytes_;
  std::deque<std::shared_ptr<frame_pool::Mapping>> mapped_;  // the latest last
};

}  // namespace braggd
