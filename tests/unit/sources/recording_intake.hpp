// A pipeline that keeps what it was told.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <braggd/source.hpp>

#include "kernels/chunk.hpp"

namespace braggd {

struct RecordedScan {
  std::shared_ptr<const ScanHeader> header;
  std::vector<std::uint64_t> order;                                   ///< of the frames that were pushed
  std::map<std::uint64_t, std::pair<DropReason, std::string>> drops;  ///< by index
  std::map<std::uint64_t, FrameMeta> metas;
  std::map<std::uint64_t, std::vector<std::byte>> pixels;  ///< decoded
  ScanEnd end;
  MessageCounts noted;
  Ledger ledger;
  bool open = true;
};

/// Decodes every frame and keeps its books as the pipeline does. Breaks of the contract are thrown.
class RecordingIntake final : public FrameIntake {
 public:
  std::vector<RecordedScan> scans;
  std::function<void()> on_push;  ///< what the pipeline does while the source waits
  std::atomic<bool> operator_gave_up{false};
  bool given_up() const override { return operator_gave_up; }

  void begin(std::shared_ptr<const ScanHeader> header) override {
    if (!scans.empty() && scans.back().open) throw std::logic_error("a scan begins within another");
    scans.emplace_back().header = std::move(header);
  }

  void push(Frame frame) override {
    count(frame.meta);
    RecordedScan& scan = scans.back();
    if (on_push) on_push();
    scan.order.push_back(frame.meta.index);
    std::vector<std::byte> pixels(scan.header->frame_bytes());
    const ChunkError error =
        decode_chunk(frame.encoding, bytes_per_pixel(frame.pixel_type), frame.bytes.view(), pixels);
    if (error == ChunkError::none) {
      ++scan.ledger.written;
      scan.pixels[frame.meta.index] = std::move(pixels);
    } else {
      drop(frame.meta, DropReason::decode_error, std::string(describe(error)));
    }
  }

  void push_dropped(const FrameMeta& meta, DropReason reason, const std::string& detail) override {
    count(meta);
    drop(meta, reason, detail);
  }

  void note(const MessageCounts& so_far) override {
    if (scans.empty() || !scans.back().open) throw std::logic_error("a note outside of a scan");
    scans.back().noted = so_far;
  }

  void end(const ScanEnd& end) override {
    RecordedScan& scan = scans.back();
    if (!scan.open) throw std::logic_error("a scan ends twice");
    if (scan.noted != end.messages) throw std::logic_error("what was noted is not what the end says");
    scan.open = false;
    scan.end = end;
    scan.ledger.duplicate = end.messages.duplicate;
    scan.ledger.stale = end.messages.stale;
    scan.ledger.early = end.messages.early;
    scan.ledger.unreadable = end.messages.unreadable;
    scan.ledger.expected =
        scan.header->expected_frames != 0 ? scan.header->expected_frames : scan.ledger.received;
    scan.ledger.missing = scan.ledger.expected - scan.ledger.received;
  }

 private:
  void count(const FrameMeta& meta) {
    if (scans.empty() || !scans.back().open) throw std::logic_error("a frame outside of a scan");
    if (!scans.back().metas.emplace(meta.index, meta).second) throw std::logic_error("a frame came twice");
    ++scans.back().ledger.received;
  }
  void drop(const FrameMeta& meta, DropReason reason, const std::string& detail) {
    ++scans.back().ledger.dropped[static_cast<std::size_t>(reason)];
    scans.back().drops[meta.index] = {reason, detail};
  }
};

}  // namespace braggd
