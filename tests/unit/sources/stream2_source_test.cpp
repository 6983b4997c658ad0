#include "sources/stream2_source.hpp"

#include <algorithm>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <zmq.hpp>

#include "shared_data.hpp"
#include "unit/sources/recording_intake.hpp"
#include "unit/wire/md5.hpp"
#include "unit/wire/stream2_samples.hpp"
#include "wire/stream2_encode.hpp"

namespace braggd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;

Stream2Config local_config() {
  Stream2Config config;
  config.bind = "tcp://127.0.0.1:*";
  config.scans = 1;
  config.close_timeout_s = 5;
  config.idle_timeout_s = 20;
  return config;
}

// Runs a source in a thread until it is done or has been asked to stop.
class Running {
 public:
  Running(Stream2Source& source, FrameIntake& intake)
      : thread_([&source, &intake](std::stop_token stop) { source.run(intake, stop); }) {}
  void stop() { thread_.request_stop(); }
  void join() { thread_.join(); }

 private:
  std::jthread thread_;
};

class EdgeNode {
 public:
  explicit EdgeNode(const Stream2Source& source) : socket_(context_, zmq::socket_type::push) {
    socket_.set(zmq::sockopt::linger, 2000);
    socket_.set(zmq::sockopt::sndtimeo, 5000);
    socket_.connect(source.endpoint());
  }
  void send(std::span<const std::byte> message, zmq::send_flags flags = zmq::send_flags::none) {
    EXPECT_TRUE(socket_.send(zmq::buffer(message.data(), message.size()), flags));
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

TEST(Stream2Source, EndpointsAreCheckedBeforeAnythingIsOpened) {
  const auto says = [](const Stream2Config& config, const char* words) {
    EXPECT_THAT([&] { Stream2Source{config}; }, ThrowsMessage<ConfigError>(HasSubstr(words)));
  };
  Stream2Config config;
  says(config, "give connect");
  config.connect = {"tcp://127.0.0.1:31001"};
  config.bind = "tcp://*:31001";
  says(config, "exclude each other");
  config.bind.clear();
  for (const char* endpoint :
       {"", "127.0.0.1:31001", "tcp://127.0.0.1", "tcp://:31001", "tcp://host:port", "tcp://host:0",
        "tcp://host:65536", "http://host:1", "ipc://", "tcp://host:12x"}) {
    config.connect = {endpoint};
    says(config, "is no endpoint to connect to");
  }
  config.connect.clear();
  config.bind = "tcp://127.0.0.1:99999";
  says(config, "is no endpoint to listen at");
  config.bind = "tcp://203.0.113.7:0";
  says(config, "cannot listen at tcp://203.0.113.7:0");
}

TEST(Stream2Source, APortInUseIsSaidSo) {
  const Stream2Source first(local_config());
  Stream2Config config = local_config();
  config.bind = first.endpoint();
  try {
    const Stream2Source second(config);
    FAIL() << "two receivers at one port";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is another receiver running?"));
    EXPECT_EQ(error.key(), "bind");
  }
}

TEST(Stream2Source, ItsDefaultsLieWithinTheRangesOfItsFields) {
  for (const auto& field : describe_fields<Stream2Config>()) {
    EXPECT_FALSE(field.doc.empty()) << field.key;
    if (!field.minimum) continue;
    const double value = std::holds_alternative<double>(field.default_value)
                             ? std::get<double>(field.default_value)
                             : static_cast<double>(std::get<std::int64_t>(field.default_value));
    EXPECT_GE(value, *field.minimum) << field.key;
    EXPECT_LE(value, *field.maximum) << field.key;
  }
}

TEST(Stream2Source, TheRecordedSeriesComesThroughARealSocket) {
  const auto folder = shared_data("eiger2-16m-stream2");
  BRAGGD_SKIP_WITHOUT(folder);
  Stream2Source source(local_config());
  RecordingIntake intake;
  Running running(source, intake);
  EdgeNode node(source);
  for (const char* name : {"start.cbor", "image.cbor", "end.cbor"})
    node.send(bytes_of_file(folder / name).view());
  running.join();
  const RecordedScan& scan = intake.scans.at(0);
  EXPECT_EQ(scan.end.status, ExitStatus::complete);
  EXPECT_EQ(scan.header->shape, (Shape{4362, 4148}));
  EXPECT_EQ(scan.metas.at(0).wire_bytes, 513082u);
  EXPECT_EQ(md5_hex(scan.pixels.at(0)), "2e9f38756cff141a6dcb0943c5988f0b");
}

TEST(Stream2Source, JunkOnTheSocketIsCountedAndTheScanGoesOn) {
  Stream2Source source(local_config());
  RecordingIntake intake;
  Running running(source, intake);
  EdgeNode node(source);
  const auto junk = encode_end({1, "nobody"});
  node.send(std::span(junk).first(7));
  node.send(encode_start(wire_header(2)));
  node.send({});
  node.send(junk, zmq::send_flags::sndmore);
  node.send(junk, zmq::send_flags::sndmore);
  node.send(junk);
  node.send(encode_image(wire_series, wire_frame(0)));
  node.send(encode_image(wire_series, wire_frame(1)));
  node.send(encode_end(wire_series));
  running.join();
  EXPECT_EQ(source.strays()->unreadable, 1u);
  EXPECT_EQ(intake.scans.at(0).end.messages.unreadable, 2u);
  EXPECT_EQ(intake.scans.at(0).ledger.written, 2u);
}

TEST(Stream2Source, AFramesBytesOutliveTheSource) {
  struct Keeper final : FrameIntake {
    std::vector<Frame> frames;
    void begin(std::shared_ptr<const ScanHeader>) override {}
    void push(Frame frame) override { frames.push_back(std::move(frame)); }
    void push_dropped(const FrameMeta&, DropReason, const std::string&) override {}
    void end(const ScanEnd&) override {}
  } keeper;
  constexpr Shape shape{100, 200};
  ScanHeader header = wire_header(3);
  header.shape = shape;
  header.pixel_mask = nullptr;
  {
    Stream2Source source(local_config());
    Running running(source, keeper);
    EdgeNode node(source);
    node.send(encode_start(header));
    for (std::uint64_t i = 0; i < 3; ++i) node.send(encode_image(wire_series, wire_frame(i, shape)));
    node.send(encode_end(wire_series));
    running.join();
  }
  ASSERT_EQ(keeper.frames.size(), 3u);
  for (const Frame& frame : keeper.frames) {
    EXPECT_TRUE(std::ranges::equal(frame.bytes.view(), wire_frame(frame.meta.index, shape).bytes.view()));
  }
}

TEST(Stream2Source, AStopIsHeardAtOnceAndDeliversWhatHasArrived) {
  Stream2Config config = local_config();
  config.scans = 0;
  config.idle_timeout_s = 1000;
  Stream2Source source(config);
  RecordingIntake intake;
  Running running(source, intake);
  EdgeNode node(source);
  node.send(encode_start(wire_header(100)));
  for (std::uint64_t i = 0; i < 60; ++i) node.send(encode_image(wire_series, wire_frame(i)));
  std::this_thread::sleep_for(300ms);
  const auto asked = std::chrono::steady_clock::now();
  running.stop();
  running.join();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 500ms);
  EXPECT_EQ(intake.scans.at(0).ledger.received, 60u);
  EXPECT_EQ(intake.scans.at(0).end.status, ExitStatus::incomplete);
  EXPECT_THAT(intake.scans.at(0).end.reason, HasSubstr("stopped by request"));
}

TEST(Stream2Source, AMessageBeyondTheLimitIsNotReceived) {
  Stream2Config config = local_config();
  config.max_message_bytes = 4096;
  Stream2Source source(config);
  RecordingIntake intake;
  Running running(source, intake);
  EdgeNode small(source), large(source);
  small.send(encode_start(wire_header(1)));
  large.send(std::vector<std::byte>(100000));
  small.send(encode_image(wire_series, wire_frame(0)));
  small.send(encode_end(wire_series));
  running.join();
  EXPECT_EQ(intake.scans.at(0).end.status, ExitStatus::complete);
  EXPECT_EQ(intake.scans.at(0).end.messages.unreadable, 0u);
}

}  // namespace
}  // namespace braggd
