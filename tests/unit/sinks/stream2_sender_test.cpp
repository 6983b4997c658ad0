#include "sinks/stream2_sender.hpp"

#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>
#include <zmq.hpp>

#include "kernels/chunk.hpp"
#include "unit/wire/wire_scan.hpp"
#include "wire/stream2_decode.hpp"

namespace braggd {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Sends in a thread of its own and takes every message here.
struct Exchange {
  std::vector<Stream2Message> messages;
  SendLedger ledger;
};

Exchange exchange(SendOptions options, WireScan scan) {
  options.endpoints = {"tcp://127.0.0.1:*"};
  options.receiver_timeout_s = 10;
  Stream2Sender sender(options);
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.set(zmq::sockopt::rcvtimeo, 10000);  // for the first message
  pull.connect(sender.endpoints().front());
  auto ledger = std::async(std::launch::async, [&] { return sender.send(scan); });
  Exchange done;
  for (zmq::message_t message; pull.recv(message);) {
    pull.set(zmq::sockopt::rcvtimeo, 1000);
    const auto* first = static_cast<const std::byte*>(message.data());
    done.messages.push_back(parse_stream2(Bytes::own({first, first + message.size()})));
  }
  done.ledger = ledger.get();
  return done;
}

TEST(Stream2Sender, AScanLeavesAsStartImagesAndEndInTheWantedEncoding) {
  for (const auto encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
    SendOptions options;
    options.encoding = encoding;
    const WireScan scan(4);
    const auto done = exchange(options, scan);
    ASSERT_EQ(done.messages.size(), 6u);
    EXPECT_EQ(std::get<StartMessage>(done.messages.front()).series.scan_id, "01SAMPLE");
    EXPECT_EQ(std::get<EndMessage>(done.messages.back()).series.scan_id, "01SAMPLE");
    for (std::uint64_t i = 0; i < 4; ++i) {
      const auto frame = make_frame(std::get<ImageMessage>(done.messages[i + 1]), "threshold_1");
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame.value().meta.frame_number, i);
      EXPECT_EQ(frame.value().encoding, encoding);
      std::vector<std::byte> pixels(scan.header()->frame_bytes());
      ASSERT_EQ(decode_chunk(encoding, 2, frame.value().bytes.view(), pixels), ChunkError::none);
      EXPECT_EQ(pixels, scan.pixels(i));
    }
    EXPECT_EQ(done.ledger.failure, "");
    EXPECT_EQ(done.ledger.scans.at(0).predicted.written, 4u);
    EXPECT_TRUE(done.ledger.scans.at(0).predicted.closes());
  }
}

// A UNIX socket whose peer has gone tells so at once, also to a receiver that has not read all of it.
TEST(Stream2Sender, ASlowReceiverBehindALocalSocketGetsTheLastMessagesToo) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the last 8 KiB stay behind here, in libzmq, for a reason that is not understood";
#endif
  const auto directory = std::filesystem::temp_directory_path();
  SendOptions options;
  options.endpoints = {"ipc://" + (directory / ("braggd-sender-" + std::to_string(::getpid()))).string()};
  Stream2Sender sender(options);
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.set(zmq::sockopt::rcvtimeo, 5000);
  pull.set(zmq::sockopt::rcvhwm, 1);
  pull.connect(sender.endpoints().front());
  WireScan scan(300);
  auto ledger = std::async(std::launch::async, [&] { return sender.send(scan); });
  std::size_t messages = 0;
  for (zmq::message_t message; messages < 302 && pull.recv(message); ++messages) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(messages, 302u);
  EXPECT_EQ(ledger.get().failure, "");
}

TEST(Stream2Sender, ACorruptChunkNeverDecodesAndATruncatedMessageNamesItsFrame) {
  for (const auto encoding : {Encoding::raw, Encoding::lz4, Encoding::bslz4, Encoding::bszstd}) {
    SendOptions options;
    options.encoding = encoding;
    options.faults = {.truncate = 2, .corrupt = 3};
    const auto done = exchange(options, WireScan(5));
    std::uint64_t truncated = 0, corrupt = 0;
    for (const auto& message : done.messages) {
      if (const auto* damaged = std::get_if<DamagedMessage>(&message)) {
        ++truncated;
        EXPECT_TRUE(damaged->image_id);
      } else if (const auto* image = std::get_if<ImageMessage>(&message)) {
        const auto frame = make_frame(*image, "");
        std::vector<std::byte> pixels(WireScan(1).header()->frame_bytes());
        corrupt += !frame || decode_chunk(encoding, 2, frame.value().bytes.view(), pixels) != ChunkError::none
                       ? 1u
                       : 0u;
      }
    }
    EXPECT_EQ(truncated, 2u);
    EXPECT_EQ(corrupt, 3u);
    EXPECT_EQ(done.ledger.scans.at(0).predicted.dropped[static_cast<std::size_t>(DropReason::decode_error)],
              5u);
  }
}

TEST(Stream2Sender, AFrameThatCannotBeReadIsMissingAndTheRestIsSent) {
  WireScan scan(4);
  scan.unreadable = 2;
  const auto done = exchange({}, scan);
  EXPECT_EQ(done.messages.size(), 5u);
  EXPECT_EQ(done.ledger.scans.at(0).unreadable, 1u);
  EXPECT_EQ(done.ledger.scans.at(0).predicted.missing, 1u);
}

TEST(Stream2Sender, WithoutAReceiverItGivesUpWithWords) {
  SendOptions options;
  options.endpoints = {"tcp://127.0.0.1:*"};
  options.receiver_timeout_s = 0.1;
  Stream2Sender sender(options);
  WireScan scan(1);
  EXPECT_THAT([&] { sender.send(scan); },
              ThrowsMessage<OutputError>(HasSubstr("no receiver at tcp://127.0.0.1:")));
}

TEST(Stream2Sender, AReceiverThatStopsTakingDoesNotHoldItForEver) {
  SendOptions options;
  options.endpoints = {"tcp://127.0.0.1:*"};
  options.send_timeout_s = 0.2;
  options.queue_bytes = 1;
  options.encoding = Encoding::raw;
  Stream2Sender sender(options);
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.set(zmq::sockopt::rcvhwm, 1);
  pull.set(zmq::sockopt::linger, 0);
  pull.connect(sender.endpoints().front());
  WireScan scan(200, {512, 512});
  const auto ledger = sender.send(scan);
  EXPECT_THAT(ledger.failure, HasSubstr("no receiver took a message"));
  EXPECT_LT(ledger.scans.at(0).sent, 200u);
}

TEST(Stream2Sender, AReceiverThatGoesAwayInMidScanDoesNotHoldItForEver) {
  SendOptions options;
  options.endpoints = {"tcp://127.0.0.1:*"};
  options.send_timeout_s = 0.2;
  options.faults.stall_s = 1;
  Stream2Sender sender(options);
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.set(zmq::sockopt::linger, 0);
  pull.connect(sender.endpoints().front());
  std::jthread leaver([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    pull.close();
  });
  WireScan scan(4);
  const auto ledger = sender.send(scan);
  EXPECT_THAT(ledger.failure, HasSubstr("no receiver took a message"));
  EXPECT_EQ(ledger.scans.at(0).sent, 2u);
}

TEST(Stream2Sender, AStopIsHeardWhileItWaitsAndWhileItKeepsPace) {
  SendOptions options;
  options.endpoints = {"tcp://127.0.0.1:*"};
  options.frames_per_second = 0.01;
  Stream2Sender waiting(options), pacing(options);
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.set(zmq::sockopt::linger, 0);
  pull.connect(pacing.endpoints().front());
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    stop.request_stop();
  });
  WireScan scan(3);
  EXPECT_EQ(pacing.send(scan, {}, stop.get_token()).failure, "stopped by request");
  EXPECT_EQ(waiting.send(scan, {}, stop.get_token()).failure, "stopped by request");
}

TEST(Stream2Sender, EndpointsThatCannotBeAreRefused) {
  SendOptions options;
  options.endpoints = {};
  EXPECT_THROW(Stream2Sender{options}, ConfigError);
  options.endpoints = {"nonsense"};
  EXPECT_THAT([&] { Stream2Sender{options}; },
              ThrowsMessage<ConfigError>(HasSubstr("cannot listen at nonsense")));
  options.endpoints = {"tcp://127.0.0.1:*"};
  const Stream2Sender first(options);
  options.endpoints = first.endpoints();
  EXPECT_THAT([&] { Stream2Sender{options}; }, ThrowsMessage<ConfigError>(HasSubstr("another sender")));
}

}  // namespace
}  // namespace braggd
