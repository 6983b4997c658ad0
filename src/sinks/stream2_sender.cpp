#include "sinks/stream2_sender.hpp"

#include <algorithm>
#include <chrono>
#include <spdlog/spdlog.h>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "sinks/image_buffers.hpp"
#include "sinks/stream2_sender_frames.hpp"
#include "sinks/stream2_sender_plan.hpp"
#include "sinks/stream2_sender_sockets.hpp"
#include "sockets/frame_pool.hpp"
#include "wire/stream2_encode.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;
using Kind = PlannedMessage::Kind;

}  // namespace

/// One call of send().
class Stream2Sender::Run {
 public:
  Run(const SendOptions& options, PushSockets& sockets, FramePoolWriter* pool, ScanReader& scan,
      const std::function<void(const SendProgress&)>& progress, const std::stop_token& stop)
      : options_(options), sockets_(sockets), pool_(pool), scan_(scan), progress_(progress), stop_(stop) {}

  SendLedger operator()(const std::vector<PlannedScan>& plan);

 private:
  bool send_scan(const PlannedScan& planned, const ScanHeader& header);
  bool send_planned(const PlannedMessage& planned, const ScanHeader& header);
  bool send_image(const PlannedMessage& planned, const SeriesName& series);
  bool send_frame(const PlannedMessage& planned, const SeriesName& series, Frame frame);
  bool hand_over(std::size_t sender, Bytes message);
  bool hand_over_shared(std::size_t sender, std::span<const std::byte> head, std::span<const std::byte> rest);
  bool nobody_took(std::size_t sender);
  void account(const PlannedMessage& planned);

  const SendOptions& options_;
  PushSockets& sockets_;
  FramePoolWriter* pool_;  // null: frames travel in their messages
  ScanReader& scan_;
  const std::function<void(const SendProgress&)>& progress_;
  const std::stop_token& stop_;
  ImageBuffers buffers_{options_.queue_bytes};
  SendLedger ledger_;
  SendProgress so_far_;
  Clock::time_point started_ = Clock::now();
};

SendLedger Stream2Sender::Run::operator()(const std::vector<PlannedScan>& plan) {
  for (const auto& planned : plan) {
    so_far_.images_planned += static_cast<std::uint64_t>(std::ranges::count_if(
        planned.messages, [](Kind kind) { return kind == Kind::image || kind == Kind::copy; },
        &PlannedMessage::kind));
  }
  ScanHeader header = *scan_.header();
  if (!options_.scan_id.empty()) header.scan_id = options_.scan_id;
  if (header.scan_id.empty()) header.scan_id = "scan";
  const std::string first_id = header.scan_id;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (i > 0) {
      header.scan_id = first_id + "-" + std::to_string(i + 1);
      ++header.series_id;
    }
    if (!send_scan(plan[i], header)) break;
  }
  ledger_.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  return std::move(ledger_);
}

bool Stream2Sender::Run::send_scan(const PlannedScan& planned, const ScanHeader& header) {
  SentScan& sent = ledger_.scans.emplace_back();
  sent.scan_id = header.scan_id;
  sent.expected = header.expected_frames;
  sent.dropped = planned.dropped;
  sent.swapped_pairs = planned.swapped;
  const bool all_sent = std::ranges::all_of(
      planned.messages, [&](const PlannedMessage& message) { return send_planned(message, header); });
  if (!all_sent && ledger_.failure.empty()) ledger_.failure = "stopped by request";
  Ledger& predicted = sent.predicted;
  if (sent.start_sent) {
    predicted.expected = header.expected_frames;
    predicted.processed = predicted.written;
    predicted.missing = predicted.expected - predicted.received;
  } else {
    predicted = {};
    predicted.stale = sent.sent;
  }
  return all_sent;
}

bool Stream2Sender::Run::send_planned(const PlannedMessage& planned, const ScanHeader& header) {
  SentScan& sent = ledger_.scans.back();
  const SeriesName series{header.series_id, header.scan_id};
  switch (planned.kind) {
    case Kind::start:
      return sent.start_sent = hand_over(0, Bytes::own(encode_start(header)));
    case Kind::end:
      return sent.end_sent = hand_over(0, Bytes::own(encode_end(series)));
    case Kind::pause:
      return sleep_for(seconds_of(planned.pause_s), stop_);
    case Kind::image:
    case Kind::copy:
      return send_image(planned, series);
  }
  return false;
}

bool Stream2Sender::Run::send_image(const PlannedMessage& planned, const SeriesName& series) {
  if (options_.frames_per_second > 0) {
    const auto offset = seconds_of(static_cast<double>(so_far_.images_sent) / options_.frames_per_second);
    if (!sleep_for(started_ + offset - Clock::now(), stop_)) return false;
  }
  auto read = scan_.read(planned.frame);
  auto frame = read ? recode(std::move(read.value()), options_.encoding) : std::move(read);
  if (!frame) {
    spdlog::warn("frame {} cannot be read and is not sent: {}", planned.frame, frame.error().detail);
    ++ledger_.scans.back().unreadable;
    return true;
  }
  frame.value().meta.frame_number = planned.frame;
  if (!send_frame(planned, series, std::move(frame.value()))) return false;
  account(planned);
  ++so_far_.images_sent;
  so_far_.bytes_sent = ledger_.bytes_sent;
  if (progress_) progress_(so_far_);
  return true;
}

bool Stream2Sender::Run::send_frame(const PlannedMessage& planned, const SeriesName& series, Frame frame) {
  if (planned.damage != Damage::none) {
    auto message = encode_damaged(series, std::move(frame), planned.damage);
    return pool_ == nullptr ? hand_over(planned.sender, Bytes::own(std::move(message)))
                            : hand_over_shared(planned.sender, message, {});
  }
  const auto head = encode_image_head(series, frame);
  return pool_ == nullptr ? hand_over(planned.sender, buffers_.message(head, frame.bytes))
                          : hand_over_shared(planned.sender, head, frame.bytes.view());
}

bool Stream2Sender::Run::hand_over_shared(std::size_t sender, std::span<const std::byte> head,
                                          std::span<const std::byte> rest) {
  const auto slot = pool_->take(Clock::now() + seconds_of(options_.send_timeout_s), stop_);
  if (!slot) return nobody_took(sender);
  const std::size_t bytes = head.size() + rest.size();
  if (bytes > slot->room.size())
    throw OutputError(
        fmt::format("a frame of {} is larger than the scan's header allows", format_bytes(bytes)));
  std::ranges::copy(rest, std::ranges::copy(head, slot->room.begin()).out);
  if (!hand_over(sender, Bytes::own(pool_->hand_over(*slot, bytes)))) return false;
  ledger_.bytes_sent += bytes;
  return true;
}

bool Stream2Sender::Run::hand_over(std::size_t sender, Bytes message) {
  if (stop_.stop_requested()) return false;
  const std::size_t bytes = message.size();
  if (!sockets_.send(sender, std::move(message), seconds_of(options_.send_timeout_s), stop_))
    return nobody_took(sender);
  ledger_.bytes_sent += bytes;
  return true;
}

bool Stream2Sender::Run::nobody_took(std::size_t sender) {
  if (!stop_.stop_requested()) {
    ledger_.failure =
        fmt::format("no receiver took a message at {} for {:g} s{}", sockets_.endpoints()[sender],
                    options_.send_timeout_s, sockets_.why_nobody_comes(sender));
  }
  return false;
}

void Stream2Sender::Run::account(const PlannedMessage& planned) {
  SentScan& sent = ledger_.scans.back();
  Ledger& predicted = sent.predicted;
  const auto dropped = [&](DropReason reason) -> std::uint64_t& {
    return predicted.dropped[static_cast<std::size_t>(reason)];
  };
  ++sent.sent;
  if (planned.kind == Kind::copy) {
    ++sent.duplicated;
    ++predicted.duplicate;
    return;
  }
  ++predicted.received;
  switch (planned.damage) {
    case Damage::none:
      ++predicted.written;
      break;
    case Damage::truncate:
      ++sent.truncated, ++dropped(DropReason::decode_error);
      break;
    case Damage::corrupt:
      ++sent.corrupted, ++dropped(DropReason::decode_error);
      break;
    case Damage::wrong_shape:
      ++sent.wrong_shape, ++dropped(DropReason::wrong_shape);
      break;
  }
}

Stream2Sender::Stream2Sender(SendOptions options) : options_(std::move(options)) {
  if (options_.endpoints.empty()) throw ConfigError("there is no endpoint to send from", "bind");
  sockets_ = std::make_unique<PushSockets>(options_.endpoints, options_.connect, options_.access,
                                           options_.socket_buffer_bytes);
}

Stream2Sender::~Stream2Sender() = default;

const std::vector<std::string>& Stream2Sender::endpoints() const {
  return sockets_->endpoints();
}

SendLedger Stream2Sender::send(ScanReader& scan, const std::function<void(const SendProgress&)>& progress,
                               const std::stop_token& stop) {
  const auto header = scan.header();
  const auto senders = static_cast<std::uint32_t>(options_.endpoints.size());
  const auto plan = plan_stream(
      {header->expected_frames, senders, options_.shuffle_seed, options_.fault_seed, options_.faults});
  const std::uint64_t message_bytes = header->frame_bytes() + 1024;
  const std::uint64_t messages = options_.queue_bytes / message_bytes / senders;
  SendLedger ledger;
  if (!sockets_->wait_for_receivers(seconds_of(options_.receiver_timeout_s), stop)) {
    ledger.failure = "stopped by request";
    return ledger;
  }
  sockets_->set_high_water_mark(static_cast<int>(std::clamp<std::uint64_t>(messages, 1, 1'000'000)));
  if (!options_.shared_memory.empty()) {
    const auto slots = std::clamp<std::uint64_t>(options_.queue_bytes / message_bytes, 2, 1000);
    const std::uint64_t room = message_bytes + message_bytes / 100 + 65536;  // of what does not compress
    pool_ =
        std::make_unique<FramePoolWriter>(options_.shared_memory, static_cast<std::uint32_t>(slots), room);
  }
  ledger = Run(options_, *sockets_, pool_.get(), scan, progress, stop)(plan);
  const double linger_s = ledger.failure.empty() ? options_.linger_s : 1;
  const auto until = Clock::now() + seconds_of(linger_s);
  const bool left = sockets_->close(seconds_of(linger_s));
  if (!(left && (!pool_ || pool_->wait_until_taken(until))) && ledger.failure.empty()) {
    ledger.failure = fmt::format("the last messages may not have been delivered within {:g} s", linger_s);
  }
  return ledger;
}

}  // namespace braggd
