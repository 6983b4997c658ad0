#include "service/load_run.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <braggd/error.hpp>

#include "core/clock.hpp"
#include "sinks/stream2_sender.hpp"
#include "sources/play_scan.hpp"
#include "sources/stream2_source.hpp"

namespace braggd {

namespace {

double core_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Where a sender of this process listens.
std::string endpoint_of(Transport transport) {
  if (transport == Transport::tcp) return "tcp://127.0.0.1:*";
  const auto name = "braggd-load-" + std::to_string(::getpid());
  return "ipc://" + (std::filesystem::temp_directory_path() / name).string();
}

void play_over_zeromq(RepeatedScan& scan, const LoadOptions& options, Runner& runner) {
  SendOptions sending;
  sending.endpoints = {endpoint_of(options.transport)};
  sending.frames_per_second = options.frames_per_second;
  sending.socket_buffer_bytes = 512 << 10;  // what is on its way stays in the cache
  if (options.transport == Transport::shm) sending.shared_memory = "/dev/shm";
  Stream2Sender sender(sending);
  Stream2Config receiving;
  receiving.connect = sender.endpoints();
  receiving.scans = 1;
  if (options.transport == Transport::shm) receiving.shared_memory = sending.shared_memory;
  Stream2Source source(receiving);
  SendLedger sent;
  std::string failure;
  std::jthread sender_thread([&] {
    try {
      failure = sender.send(scan).failure;
    } catch (const std::exception& error) {
      failure = error.what();
    }
  });
  source.run(runner, {});
  sender_thread.join();
  if (!failure.empty()) throw OutputError("the sender failed: " + failure);
}

}  // namespace

RepeatedScan::RepeatedScan(ScanReader& scan, std::uint64_t distinct) : header_(scan.header()) {
  for (std::uint64_t i = 0; i < std::min(distinct, header_->expected_frames); ++i) {
    auto frame = scan.read(i);
    if (!frame) throw InputError("frame " + std::to_string(i) + ": " + frame.error().detail);
    frames_.push_back(std::move(frame.value()));
  }
  if (frames_.empty()) throw InputError("the scan has no frames to play");
}

void RepeatedScan::set_length(std::uint64_t frames) {
  auto header = std::make_shared<ScanHeader>(*header_);
  header->expected_frames = frames;
  header->omega_deg.clear();
  header_ = std::move(header);
}

Result<Frame> RepeatedScan::read(std::uint64_t index) {
  Frame frame = frames_[index % frames_.size()];
  frame.meta.index = frame.meta.frame_number = index;
  return frame;
}

LoadResult run_load(const Plan& plan, RepeatedScan& scan, const LoadOptions& options) {
  scan.set_length(options.frames);
  LoadResult result;
  std::uint64_t ended_ns = 0;
  Runner runner(plan, [&](const ScanReport& report) {
    result.report = report;
    ended_ns = unix_ns();
  });
  const double core_begin = core_seconds();
  if (options.transport == Transport::memory) {
    play_scan(scan, {.frames_per_second = options.frames_per_second}, runner, {});
  } else {
    play_over_zeromq(scan, options, runner);
  }
  result.core_s = core_seconds() - core_begin;
  // A scan's beginning, when a dark frame is read and limits are made, is no matter of rates.
  const Ledger& ledger = result.report.summary.ledger;
  result.seconds = static_cast<double>(ended_ns - std::min(ended_ns, ledger.t_first_ns)) * 1e-9;
  result.frames_per_second = static_cast<double>(ledger.written) / std::max(1e-9, result.seconds);
  result.peak_budget_bytes = runner.budget().peak_bytes();
  return result;
}

double find_highest_rate(const Plan& plan, RepeatedScan& scan, LoadOptions options,
                         const LoadResult& flat_out,
                         const std::function<void(double rate, bool kept_pace)>& on_try) {
  double kept = 0, lost = 1.1 * flat_out.frames_per_second;
  while (lost - kept > 0.02 * lost) {
    options.frames_per_second = kept == 0 ? 0.8 * lost : (kept + lost) / 2;
    const LoadResult result = run_load(plan, scan, options);
    const double due_s = static_cast<double>(options.frames) / options.frames_per_second;
    const bool pace = result.report.summary.status == ExitStatus::complete &&
                      result.seconds < due_s + std::max(0.05, 0.02 * due_s);
    on_try(options.frames_per_second, pace);
    (pace ? kept : lost) = options.frames_per_second;
    if (kept == 0 && lost < 1) break;
  }
  return kept;
}

}  // namespace braggd
