#include "sources/scan_assembler.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "wire/stream2_decode.hpp"

namespace braggd {

namespace {

constexpr std::size_t closed_scans_remembered = 64;
// For so long after a scan a message of its name means that scan; later it may be another one of the same
// name.
constexpr auto just_now = std::chrono::milliseconds(100);

std::string in_words(Shape shape, PixelType type) {
  return fmt::format("{} rows x {} columns of {}", shape.rows, shape.cols, name_of(type));
}

}  // namespace

ScanAssembler::ScanAssembler(FrameIntake& intake, AssemblerOptions options, StrayCounts& strays, Now now)
    : intake_(intake),
      options_(std::move(options)),
      strays_(strays),
      now_(std::move(now)),
      early_(options_.early_bytes, options_.early_hold) {}

void ScanAssembler::receive(Stream2Message message, const Arrival& arrival) {
  std::visit(
      [&](auto& content) {
        if constexpr (requires { take(std::move(content), arrival); })
          take(std::move(content), arrival);
        else
          take(std::move(content));
      },
      message);
}

void ScanAssembler::receive_unreadable(std::string_view why) {
  if (open_) {
    count(&MessageCounts::unreadable);
  } else {
    ++strays_.unreadable;
  }
  complain("unreadable", fmt::format("{}a message cannot be read: {}",
                                     open_ ? "scan=" + open_->header.scan_id + ": " : "", why));
}

void ScanAssembler::tick() {
  for (const auto& image : early_.take_expired(now_())) count_stray(image);
  close_if_overdue();
}

void ScanAssembler::stop() {
  if (open_) close("stopped by request, " + missing_in_words());
  for (const auto& image : early_.take_expired(TimePoint::max())) count_stray(image);
}

// ---- messages

void ScanAssembler::take(StartMessage start) {
  const std::string& scan_id = start.series.scan_id;
  if (start.number_of_images > FrameSet::max_frames) {
    receive_unreadable(fmt::format("the start of scan {} announces {} images; {} is the limit", scan_id,
                                   start.number_of_images, FrameSet::max_frames));
    return;
  }
  if (open_ && open_->header.scan_id == scan_id) {
    open_->last_message = now_();
    return;
  }
  if (options_.connections != 1 && closed_just_now(scan_id)) return;
  if (open_) close(fmt::format("scan {} started while {}", scan_id, missing_in_words()));
  if (done()) {
    spdlog::info("scan={}: it is not taken, the {} scans that source.scans asks for are over", scan_id,
                 options_.scans);
    return;
  }
  open(start);
  for (const auto& image : early_.take(scan_id)) {
    count(&MessageCounts::early);
    deliver(image);
  }
  close_if_finished();
}

void ScanAssembler::take(ImageMessage image, const Arrival& arrival) {
  ArrivedImage arrived{image.series.scan_id, image.image_id, {}, arrival, open_ ? scans_begun_ : 0};
  arrived.content = std::move(image);
  route(std::move(arrived));
}

void ScanAssembler::take(DamagedMessage damaged, const Arrival& arrival) {
  if (!damaged.scan_id || !damaged.image_id) return receive_unreadable(damaged.error);
  ArrivedImage arrived{*damaged.scan_id, *damaged.image_id, {}, arrival, open_ ? scans_begun_ : 0};
  arrived.content = std::move(damaged);
  route(std::move(arrived));
}

void ScanAssembler::take(const EndMessage& end) {
  if (!open_ || open_->header.scan_id != end.series.scan_id) {
    spdlog::debug("scan={}: its end is ignored, it is not open", end.series.scan_id);
    return;
  }
  open_->end_seen = true;
  open_->last_message = now_();
  close_if_finished();
}

void ScanAssembler::take(const UnknownMessage& unknown) {
  spdlog::debug("a message of unknown type \"{}\" is ignored", unknown.type);
}

// ---- images

void ScanAssembler::route(ArrivedImage image) {
  if (open_ && open_->header.scan_id == image.scan_id) {
    deliver(image);
    close_if_finished();
  } else if (closed_just_now(image.scan_id) || !early_.hold(image, now_())) {
    count_stray(image);
  }
}

void ScanAssembler::deliver(const ArrivedImage& image) {
  OpenScan& scan = *open_;
  const std::uint64_t expected = scan.header.expected_frames;
  const std::uint64_t end = expected != 0 ? expected : FrameSet::max_frames;
  scan.last_message = now_();
  if (image.image_id >= end) {
    count(&MessageCounts::stale);
    complain("outside", fmt::format("scan={}: image {} is outside of its {} frames", image.scan_id,
                                    image.image_id, end));
  } else if (!scan.arrived.insert(image.image_id)) {
    count(&MessageCounts::duplicate);
    complain("duplicate", fmt::format("scan={}: image {} came again", image.scan_id, image.image_id));
  } else {
    push(image);
    scan.last_message = now_();  // the pipeline may have made us wait
    look_for_gaps();
  }
}

void ScanAssembler::push(const ArrivedImage& image) {
  ScanHeader& header = open_->header;
  FrameMeta meta{image.image_id, image.image_id, header.omega_of(image.image_id), image.arrival.received_ns,
                 0};
  const auto* message = std::get_if<ImageMessage>(&image.content);
  auto frame = message != nullptr ? make_frame(*message, open_->channel)
                                  : Result<Frame>(FrameError{DropReason::decode_error,
                                                             std::get<DamagedMessage>(image.content).error});
  if (!frame) {
    meta.wire_bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(image.arrival.message_bytes, UINT32_MAX));
    begin();
    intake_.push_dropped(meta, frame.error().reason, frame.error().detail);
    return;
  }
  Frame& good = frame.value();
  meta.wire_bytes = good.meta.wire_bytes;
  good.meta = meta;
  if (!open_->begun && !open_->pixel_type_known) header.pixel_type = good.pixel_type;
  begin();
  if (good.shape == header.shape && good.pixel_type == header.pixel_type) {
    intake_.push(std::move(good));
  } else {
    intake_.push_dropped(meta, DropReason::wrong_shape,
                         fmt::format("{}, but the scan has {}", in_words(good.shape, good.pixel_type),
                                     in_words(header.shape, header.pixel_type)));
  }
}

// Of the open scan.
void ScanAssembler::count(std::uint64_t MessageCounts::*which) {
  ++(open_->messages.*which);
  if (open_->begun) intake_.note(open_->messages);
}

void ScanAssembler::count_stray(const ArrivedImage& image) {
  const bool late = closed_before(image.scan_id);
  if (open_ && image.during == scans_begun_) {
    count(&MessageCounts::stale);
  } else if (late) {
    ++strays_.late;
  } else {
    ++strays_.stale;
  }
  complain(late ? "late" : "stale",
           fmt::format("scan={}: image {} is of no use: {}", image.scan_id, image.image_id,
                       late ? "that scan is over"
                            : "its start was not received; was it sent before braggd had "
                              "connected, or to another client?"));
}

// With several connections a slow edge node looks like this too, until the scan is over.
void ScanAssembler::look_for_gaps() {
  OpenScan& scan = *open_;
  if (options_.connections != 1 || scan.gaps || scan.arrived.size() % 16 != 0) return;
  scan.gaps = find_regular_gaps(scan.arrived);
  if (!scan.gaps) return;
  spdlog::warn("scan={}: of every {} images only {} arrive: another client seems to be connected to {}",
               scan.header.scan_id, scan.gaps->period, scan.gaps->arriving, options_.peers);
}

// ---- opening and closing

void ScanAssembler::open(const StartMessage& start) {
  std::vector<std::string> warnings;
  ++scans_begun_;
  OpenScan& scan = open_.emplace();
  scan.header = make_header(start, options_.channel, warnings);
  scan.channel = choose_channel(start, options_.channel);
  scan.pixel_type_known = start.image_dtype.has_value();
  scan.last_message = now_();
  std::erase_if(closed_, [&](const ClosedScan& closed) { return closed.scan_id == scan.header.scan_id; });
  for (const auto& warning : warnings) spdlog::warn("scan={}: {}", scan.header.scan_id, warning);
  warn_of_large_messages();
  // Where only the images tell the pixel type, the pipeline waits for the first of them.
  if (scan.pixel_type_known) begin();
}

void ScanAssembler::warn_of_large_messages() const {
  constexpr std::uint64_t other_keys_bytes = 4096;
  const std::uint64_t most = open_->header.frame_bytes() + other_keys_bytes;
  if (most <= options_.max_message_bytes) return;
  spdlog::warn(
      "scan={}: a frame that does not compress needs a message of {}, but source.max_message_bytes is {}; "
      "ZeroMQ drops "
      "a larger message and the connection with it: raise source.max_message_bytes, and source.receive_bytes "
      "to a few "
      "times that",
      open_->header.scan_id, format_bytes(most), format_bytes(options_.max_message_bytes));
}

void ScanAssembler::begin() {
  if (std::exchange(open_->begun, true)) return;
  intake_.begin(std::make_shared<const ScanHeader>(open_->header));
  if (open_->messages != MessageCounts{}) intake_.note(open_->messages);
}

void ScanAssembler::close_if_finished() {
  if (open_ && open_->end_seen && open_->all_arrived()) close({});
}

void ScanAssembler::close_if_overdue() {
  if (!open_) return;
  if (intake_.given_up()) return close(missing_in_words());
  const auto silence = now_() - open_->last_message;
  const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
  if (open_->all_arrived() && silence >= options_.end_grace) {
    spdlog::warn("scan={}: all frames came, its end did not", open_->header.scan_id);
    close({});
  } else if (open_->end_seen && silence >= options_.close_timeout) {
    close(open_->header.expected_frames != 0 ? missing_in_words() : std::string{});
  } else if (silence >= options_.idle_timeout) {
    close(fmt::format("no message for {:g} s and no end, {}", seconds(options_.idle_timeout),
                      missing_in_words()));
  }
}

std::string ScanAssembler::missing_in_words() const {
  const std::uint64_t expected = open_->header.expected_frames;
  const std::uint64_t arrived = open_->arrived.size();
  if (expected == 0) return fmt::format("{} frames had arrived of a number that was not announced", arrived);
  return fmt::format("{} of {} frames had not arrived", expected - arrived, expected);
}

void ScanAssembler::close(const std::string& why_incomplete) {
  begin();
  OpenScan& scan = *open_;
  ScanEnd end;
  end.messages = scan.messages;
  const bool complete = scan.all_arrived() || why_incomplete.empty();
  if (!complete) {
    end.status = ExitStatus::incomplete;
    end.reason = why_incomplete;
    if (!scan.gaps) scan.gaps = find_regular_gaps(scan.arrived);
    if (scan.gaps) {
      end.reason +=
          fmt::format("; of every {} frames only {} arrived: another client seems to be connected to {}{}",
                      scan.gaps->period, scan.gaps->arriving, options_.peers,
                      options_.connections == 1 ? "" : ", or an edge node is silent");
      spdlog::warn("scan={}: {}", scan.header.scan_id, end.reason);
    }
  }
  closed_.push_back({scan.header.scan_id, now_()});
  if (closed_.size() > closed_scans_remembered) closed_.pop_front();
  intake_.end(end);
  closed_.back().closed = now_();  // the pipeline may have needed its time
  open_.reset();
  ++scans_ended_;
}

bool ScanAssembler::closed_just_now(const std::string& scan_id) const {
  return std::ranges::any_of(closed_, [&](const ClosedScan& scan) {
    return scan.scan_id == scan_id && now_() - scan.closed < just_now;
  });
}

bool ScanAssembler::closed_before(const std::string& scan_id) const {
  return std::ranges::any_of(closed_, [&](const ClosedScan& scan) { return scan.scan_id == scan_id; });
}

void ScanAssembler::complain(std::string_view subject, const std::string& words) {
  const auto held_back = limiter_.admit(subject, now_());
  if (!held_back) return;
  spdlog::warn("{}{}", words, *held_back == 0 ? "" : fmt::format(" ({} more like it)", *held_back));
}

}  // namespace braggd
