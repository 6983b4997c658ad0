// From messages in any order to scans: the receiver's state machine, without sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <braggd/source.hpp>

#include "core/log_limiter.hpp"
#include "sources/early_images.hpp"
#include "sources/frame_set.hpp"
#include "sources/regular_gaps.hpp"
#include "wire/stream2_messages.hpp"

namespace braggd {

struct AssemblerOptions {
  std::string channel;      ///< empty: the first
  std::string peers;        ///< where the messages come from, for people
  std::uint64_t scans = 0;  ///< so many are taken, a start beyond them opens none; 0: any number
  std::size_t connections =
      1;  ///< 0: any number; with one, messages come in the order in which they were sent
  std::uint64_t max_message_bytes = ~std::uint64_t{0};  ///< larger ones do not get here
  std::uint64_t early_bytes = std::uint64_t{128} << 20;
  std::chrono::steady_clock::duration early_hold = std::chrono::seconds(5);
  std::chrono::steady_clock::duration close_timeout = std::chrono::seconds(5);
  std::chrono::steady_clock::duration idle_timeout = std::chrono::seconds(30);
  std::chrono::steady_clock::duration end_grace = std::chrono::seconds(1);
};

/// The same counts as Strays, to be read from any thread while they grow.
struct StrayCounts {
  std::atomic<std::uint64_t> stale{0}, late{0}, unreadable{0};
  Strays now() const { return {stale, late, unreadable}; }
};

/// What the assembler knows of the scan that is open.
struct OpenScan {
  ScanHeader header;
  std::string channel;
  bool pixel_type_known = false;
  bool begun = false;  // the pipeline has been told
  bool end_seen = false;
  FrameSet arrived;
  MessageCounts messages;
  std::optional<RegularGaps> gaps;
  std::chrono::steady_clock::time_point last_message;

  bool all_arrived() const { return header.expected_frames != 0 && arrived.size() == header.expected_frames; }
};

/// IDLE --start--> OPEN --all frames and the end, or a time-out--> IDLE.
///
/// - A start opens a scan; while another is open, that one is closed first, incomplete if frames are missing.
///   A second start of the scan that is open, or with several connections was open a moment ago, is another
///   edge node's copy and is ignored. A start that announces more than FrameSet::max_frames images is
///   unreadable.
/// - Images of the open scan are delivered, the first of each number only. Those of other scans are held, and
///   delivered if their start comes soon enough; otherwise they are stale: in the account of the scan that was open
///   when they came if it still is, else among the strays.
/// - The scan closes once every expected frame and the end have come; all frames but no end: after `end_grace`;
///   the end but not all frames, or an unknown number of them: `close_timeout` after the last message;
///   neither: after `idle_timeout`.
/// - A frame that arrived damaged is a frame that arrived.
class ScanAssembler {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Now = std::function<TimePoint()>;

  /// What belongs to no scan is added to `strays`.
  ScanAssembler(FrameIntake& intake, AssemblerOptions options, StrayCounts& strays,
                Now now = std::chrono::steady_clock::now);

  void receive(Stream2Message message, const Arrival& arrival);
  /// Counts a message that is none.
  void receive_unreadable(std::string_view why);
  /// Does what is due; to be called after each message and every now and then.
  void tick();
  /// The last call: ends the open scan, if there is one, because somebody asked for it, and accounts for the images
  /// that still wait for a start.
  void stop();

  /// The header of the open scan, or null.
  const ScanHeader* open_header() const { return open_ ? &open_->header : nullptr; }
  std::uint64_t scans_ended() const { return scans_ended_; }
  /// As many scans are over as were to be taken.
  bool done() const { return options_.scans != 0 && scans_ended_ >= options_.scans; }

 private:
  struct ClosedScan {
    std::string scan_id;
    TimePoint closed;
  };

  void take(StartMessage start);
  void take(ImageMessage image, const Arrival& arrival);
  void take(const EndMessage& end);
  void take(const UnknownMessage& unknown);
  void take(DamagedMessage damaged, const Arrival& arrival);

  void open(const StartMessage& start);
  void route(ArrivedImage image);
  void deliver(const ArrivedImage& image);
  void push(const ArrivedImage& image);
  void begin();
  void warn_of_large_messages() const;
  void look_for_gaps();
  void close_if_finished();
  void close_if_overdue();
  void close(const std::string& why_incomplete);
  std::string missing_in_words() const;
  bool closed_just_now(const std::string& scan_id) const;
  bool closed_before(const std::string& scan_id) const;
  void count(std::uint64_t MessageCounts::*which);
  void count_stray(const ArrivedImage& image);
  void complain(std::string_view subject, const std::string& words);

  FrameIntake& intake_;
  AssemblerOptions options_;
  StrayCounts& strays_;
  Now now_;
  std::optional<OpenScan> open_;
  EarlyImages early_;
  std::deque<ClosedScan> closed_;  // the latest, oldest first
  std::uint64_t scans_begun_ = 0;
  std::uint64_t scans_ended_ = 0;
  LogLimiter limiter_;
};

}  // namespace braggd
