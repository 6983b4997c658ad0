// The sender and the receiver of Stream V2 over real sockets: what one predicts, the other counts.
#include <array>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <zmq.hpp>

#include "core/scratch_directory.hpp"
#include "sinks/stream2_sender.hpp"
#include "sources/stream2_source.hpp"
#include "unit/sources/recording_intake.hpp"
#include "unit/wire/wire_scan.hpp"

namespace braggd {
namespace {

using ::testing::HasSubstr;

struct Transfer {
  std::vector<RecordedScan> received;
  SendLedger sent;
  std::uint64_t stale = 0;  // beside all scans
};

constexpr std::uint64_t frames = 64;

// Sends the sample scan from `senders` edge nodes into a source and waits until the source has ended so many scans,
// or for a moment if that is none.
Transfer transfer(SendOptions options, std::size_t senders, std::uint64_t scans) {
  options.endpoints.assign(senders, "tcp://127.0.0.1:*");
  options.receiver_timeout_s = 10;
  Stream2Sender sender(options);
  Stream2Config config;
  config.connect = sender.endpoints();
  config.scans = scans;
  config.close_timeout_s = 1;
  config.idle_timeout_s = 20;
  config.end_grace_s = 0.2;
  config.shared_memory = options.shared_memory;
  Stream2Source source(config);
  Transfer done;
  RecordingIntake intake;
  auto receiving = std::jthread([&](std::stop_token stop) { source.run(intake, stop); });
  WireScan scan(frames);
  done.sent = sender.send(scan);
  if (scans == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    receiving.request_stop();
  }
  receiving.join();
  done.received = std::move(intake.scans);
  done.stale = source.strays()->stale;
  return done;
}

void expect_equal_books(const Transfer& done) {
  EXPECT_EQ(done.sent.failure, "");
  ASSERT_EQ(done.received.size(), done.sent.scans.size());
  const WireScan scan(frames);
  for (std::size_t i = 0; i < done.received.size(); ++i) {
    const Ledger& predicted = done.sent.scans[i].predicted;
    const Ledger& counted = done.received[i].ledger;
    EXPECT_EQ(done.received[i].header->scan_id, done.sent.scans[i].scan_id);
    EXPECT_EQ(counted.expected, predicted.expected);
    EXPECT_EQ(counted.received, predicted.received);
    EXPECT_EQ(counted.written, predicted.written);
    EXPECT_EQ(counted.missing, predicted.missing);
    EXPECT_EQ(counted.dropped, predicted.dropped);
    EXPECT_EQ(counted.duplicate, predicted.duplicate);
    EXPECT_EQ(counted.stale, predicted.stale);
    EXPECT_EQ(counted.unreadable, 0u);
    EXPECT_TRUE(counted.closes());
    EXPECT_EQ(done.received[i].end.status == ExitStatus::complete, counted.missing == 0);
    for (const auto& [index, pixels] : done.received[i].pixels)
      EXPECT_EQ(pixels, scan.pixels(index)) << index;
  }
}

constexpr std::array all_faults{"",
                                "drop=3",
                                "duplicate=4",
                                "swap=20",
                                "truncate=2",
                                "corrupt=3",
                                "wrong_shape=2",
                                "missing_end",
                                "stall=0.7",
                                "drop=2,duplicate=3,swap=5,truncate=2,corrupt=2,wrong_shape=1"};

TEST(Stream2Loopback, TheReceiversBooksAreTheSendersForEveryFault) {
  for (const char* faults : all_faults) {
    for (const std::size_t senders : {1u, 2u, 3u}) {
      SCOPED_TRACE(std::string(faults) + " from " + std::to_string(senders));
      SendOptions options;
      options.faults = parse_faults(faults);
      options.fault_seed = 5 + senders;
      expect_equal_books(transfer(options, senders, 1));
    }
  }
}

TEST(Stream2Loopback, TheSameThroughSharedMemory) {
  const ScratchDirectory shared(std::filesystem::temp_directory_path());
  for (const char* faults : all_faults) {
    for (const std::size_t senders : {1u, 2u}) {
      SCOPED_TRACE(std::string(faults) + " from " + std::to_string(senders));
      SendOptions options;
      options.faults = parse_faults(faults);
      options.shared_memory = shared.path();
      options.queue_bytes = 1;  // the fewest slots
      expect_equal_books(transfer(options, senders, 1));
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(shared.path()));
}

TEST(Stream2Loopback, ASecondScanInMidScanEndsTheFirst) {
  for (const std::size_t senders : {1u, 2u}) {
    SendOptions options;
    options.faults = parse_faults("second_scan,drop=1");
    const auto done = transfer(options, senders, 2);
    expect_equal_books(done);
    EXPECT_EQ(done.received.at(0).ledger.missing, frames / 2);
    EXPECT_THAT(done.received.at(0).end.reason, HasSubstr("scan 01SAMPLE-2 started while 32 of 64"));
  }
}

TEST(Stream2Loopback, WithoutAStartNothingOpensAndAllIsStale) {
  SendOptions options;
  options.faults = parse_faults("missing_start");
  const auto done = transfer(options, 1, 0);
  EXPECT_EQ(done.received.size(), 0u);
  EXPECT_EQ(done.stale, done.sent.scans.at(0).predicted.stale);
  EXPECT_EQ(done.stale, frames);
}

TEST(Stream2Loopback, AShuffledScanInEveryEncodingArrivesWhole) {
  for (const auto encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
    SendOptions options;
    options.encoding = encoding;
    options.shuffle_seed = 3;
    const auto done = transfer(options, 2, 1);
    expect_equal_books(done);
    EXPECT_FALSE(std::ranges::is_sorted(done.received.at(0).order));
  }
}

TEST(Stream2Loopback, AThiefIsReported) {
  SendOptions options;
  options.endpoints = {"tcp://127.0.0.1:*"};
  Stream2Sender sender(options);
  Stream2Config config;
  config.connect = sender.endpoints();
  config.scans = 1;
  config.close_timeout_s = 2;
  config.idle_timeout_s = 2;
  Stream2Source source(config);
  // The first client gets the start. The thief is the second, and never reads what waits in its queue.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  zmq::context_t context;
  zmq::socket_t thief(context, zmq::socket_type::pull);
  thief.set(zmq::sockopt::linger, 0);
  thief.connect(sender.endpoints().front());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  RecordingIntake intake;
  auto receiving = std::jthread([&](std::stop_token stop) { source.run(intake, stop); });
  WireScan scan(300);
  EXPECT_EQ(sender.send(scan).failure, "");
  receiving.join();
  const RecordedScan& received = intake.scans.at(0);
  EXPECT_EQ(received.end.status, ExitStatus::incomplete);
  EXPECT_EQ(received.ledger.missing, 150u);
  EXPECT_THAT(received.end.reason,
              HasSubstr("of every 2 frames only 1 arrived: another client seems to be connected"));
}

}  // namespace
}  // namespace braggd
