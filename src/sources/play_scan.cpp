#include "sources/play_scan.hpp"

#include <chrono>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

// Fisher-Yates, written out because std::shuffle may differ between standard libraries.
std::vector<std::uint64_t> play_order(std::uint64_t frames, std::uint64_t seed) {
  std::vector<std::uint64_t> order(frames);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  if (seed == 0) return order;
  std::mt19937_64 random(seed);
  for (std::uint64_t i = frames; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

Result<Frame> read_frame(ScanReader& reader, std::uint64_t index, const FrameIntake& intake) {
  if (reader.header()->frame_bytes() > intake.largest_frame_bytes()) {
    return FrameError{DropReason::too_large, "it was not read: it exceeds the memory budget"};
  }
  return reader.read(index);
}

// Sleeps until `due` in short pieces, so that a stop is heard. False: stopped, or the scan was given up.
bool wait_until(Clock::time_point due, FrameIntake& intake, const std::stop_token& stop) {
  while (!stop.stop_requested() && !intake.given_up()) {
    intake.idle();
    const auto left = due - Clock::now();
    if (left <= Clock::duration::zero()) return true;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, std::chrono::milliseconds(50)));
  }
  return false;
}

}  // namespace

void play_scan(ScanReader& reader, const PlayOptions& options, FrameIntake& intake, std::stop_token stop) {
  const auto header = reader.header();
  intake.begin(header);
  const auto start = Clock::now();
  std::uint64_t played = 0;
  for (const std::uint64_t index : play_order(header->expected_frames, options.shuffle_seed)) {
    if (options.frames_per_second > 0) {
      const std::chrono::duration<double> offset(static_cast<double>(played) / options.frames_per_second);
      if (!wait_until(start + std::chrono::duration_cast<Clock::duration>(offset), intake, stop)) {
        break;
      }
    }
    if (stop.stop_requested() || intake.given_up()) break;
    auto frame = read_frame(reader, index, intake);
    const FrameMeta meta{index, index, header->omega_of(index), unix_ns(), 0};
    if (frame) {
      Frame& read = frame.value();
      read.meta = meta;
      read.meta.wire_bytes = static_cast<std::uint32_t>(read.bytes.size());
      intake.push(std::move(read));
    } else {
      intake.push_dropped(meta, frame.error().reason, frame.error().detail);
    }
    ++played;
  }
  ScanEnd end;
  if (played < header->expected_frames && !intake.given_up()) {
    end.status = ExitStatus::incomplete;
    end.reason = "stopped by request after " + std::to_string(played) + " of " +
                 std::to_string(header->expected_frames) + " frames";
  }
  intake.end(end);
}

}  // namespace braggd
