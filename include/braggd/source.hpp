// Where scans come from, and who takes them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <braggd/frame.hpp>
#include <braggd/ledger.hpp>

namespace braggd {

/// What came to a scan beside its frames, and frames that came before its start.
struct MessageCounts {
  std::uint64_t duplicate = 0, stale = 0, early = 0, unreadable = 0;
  friend bool operator==(const MessageCounts&, const MessageCounts&) = default;
  MessageCounts& operator+=(const MessageCounts& more) {
    duplicate += more.duplicate;
    stale += more.stale;
    early += more.early;
    unreadable += more.unreadable;
    return *this;
  }
};

/// What a source knows of a scan's end beside its frames.
struct ScanEnd {
  ExitStatus status = ExitStatus::complete;
  std::string reason;
  MessageCounts messages;
};

/// Messages that are in no scan's account.
struct Strays {
  std::uint64_t stale = 0;                ///< of a scan whose start never came
  std::uint64_t late = 0;                 ///< of a scan that was over
  std::uint64_t unreadable = 0;           ///< could not be parsed
  std::uint64_t refused_connections = 0;  ///< of peers without a right to connect; no messages
  std::uint64_t total() const { return stale + late + unreadable; }
};

/// The pipeline, as a source sees it. Calls come from one thread, in the order begin, push…, end.
class FrameIntake {
 public:
  virtual ~FrameIntake() = default;
  /// Opens a scan. A scan that cannot be processed is still opened: its frames are counted and dropped.
  virtual void begin(std::shared_ptr<const ScanHeader> header) = 0;
  /// Decoded frames larger than this are dropped unseen: a source may spare itself reading them.
  virtual std::uint64_t largest_frame_bytes() const { return ~std::uint64_t{0}; }
  /// Takes a frame; waits while the memory budget is spent. meta.index must be new within the scan.
  virtual void push(Frame frame) = 0;
  /// Counts a frame that arrived but is of no use.
  virtual void push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) = 0;
  /// What has come to the open scan so far beside its frames, for those who watch; `end` has the last word.
  virtual void note(const MessageCounts& /*so_far*/) {}
  /// Closes the scan: every frame goes through, what is missing is counted, the sinks are finished. The next scan may
  /// begin at once.
  virtual void end(const ScanEnd& end) = 0;
  /// An operator has given the open scan up: it is to be ended without waiting for the rest of it.
  virtual bool given_up() const { return false; }
  /// Called by a source that has nothing to deliver, again and again: it lives.
  virtual void idle() {}
};

/// Delivers scans until it has no more or is asked to stop. A stop drains: what has arrived is delivered, an open
/// scan is ended as incomplete.
class Source {
 public:
  virtual ~Source() = default;
  virtual void run(FrameIntake& intake, std::stop_token stop) = 0;
  /// What came beside all scans, over all runs so far; nothing for a source to which nobody sends.
  virtual std::optional<Strays> strays() const { return std::nullopt; }
};

}  // namespace braggd
