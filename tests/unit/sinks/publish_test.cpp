// The publishing sink as subscribers see it.
#include "sinks/publish.hpp"

#include <chrono>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <zmq.hpp>

#include "core/sha256.hpp"
#include "sinks/publisher.hpp"
#include "unit/formats/temporary_directory.hpp"
#include "unit/sinks/nexus_file_samples.hpp"
#include "wire/live_messages.hpp"

namespace braggd {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

PublishConfig config_at(const std::string& bind) {
  PublishConfig config;
  config.bind = bind;
  return config;
}

const PublishConfig any_port = config_at("tcp://127.0.0.1:*");

struct Heard {
  json header;
  std::string table;
  std::size_t parts = 0;
};

class Subscriber {
 public:
  explicit Subscriber(const std::string& endpoint, const std::string& prefix = "", int queue = 0) {
    socket_.set(zmq::sockopt::rcvhwm, queue);
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::subscribe, prefix);
    socket_.connect(endpoint);
  }

  /// The next message, or nothing for so long.
  std::optional<Heard> hear(std::chrono::milliseconds patience = 5s) {
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
    zmq::message_t part;
    if (!socket_.recv(part)) return std::nullopt;
    Heard heard{json::parse(part.to_string_view()), "", 1};
    while (part.more()) {
      (void)socket_.recv(part);
      heard.table += part.to_string_view();
      ++heard.parts;
    }
    return heard;
  }

  /// Waits until messages reach this subscriber; those that were sent for that are read.
  void join(Publisher& publisher) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    const auto ping = [&] {
      publisher.publish(
          [](std::uint64_t seq) { return R"({"type":"ping","seq":)" + std::to_string(seq) + "}"; });
    };
    do {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      ping();
    } while (!hear(20ms));
    while (hear(100ms)) {
    }
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_{context_, zmq::socket_type::sub};
};

struct Publishing {
  PublishConfig config = any_port;
  ResourceCache resources;
  std::shared_ptr<ScanHeader> header = sample_header(5);
  std::shared_ptr<Publisher> publisher;

  explicit Publishing(std::uint32_t hold_ms = any_port.hold_ms) {
    config.hold_ms = hold_ms;
    Publish::open(config, resources);
    publisher = *resources.get<std::shared_ptr<Publisher>>("publish " + any_port.bind,
                                                           [] { return std::shared_ptr<Publisher>(); });
  }
  std::unique_ptr<Publish> begin() {
    SinkContext context = sample_context(header);
    context.resources = &resources;
    return std::make_unique<Publish>(config, context);
  }
};

TEST(Publish, ASubscriberHearsTheStartEveryFrameAsItComesTheEndAndTheFiles) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "out.h5") << "content";
  Publishing publishing;
  Subscriber subscriber(publishing.publisher->endpoint());
  subscriber.join(*publishing.publisher);
  const auto sink = publishing.begin();
  for (const std::uint64_t index : {3U, 0U, 4U})
    sink->consume(sample_envelope(*publishing.header, index, sample_peaks(index)));
  sink->consume(sample_tombstone(*publishing.header, 1, DropReason::wrong_shape));
  sink->consume(sample_tombstone(*publishing.header, 2, DropReason::missing));
  const ScanSummary summary = complete_summary(5);
  EXPECT_EQ(sink->finish(summary), "");
  const std::vector<std::filesystem::path> outputs{directory / "out.h5"};
  sink->scan_finished({summary, outputs, std::nullopt});

  const auto start = subscriber.hear();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->header["type"], "scan_start");
  EXPECT_EQ(start->header["configuration_sha256"], "ab");
  EXPECT_EQ(start->parts, 2U);
  std::uint64_t seq = start->header["seq"];
  for (const std::uint64_t index : {3U, 0U, 4U, 1U}) {
    const auto frame = subscriber.hear();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->header["seq"], ++seq);
    EXPECT_EQ(frame->header["frame"], index);
    const std::size_t peaks = index == 1 ? 0 : sample_peaks(index);
    EXPECT_EQ(frame->header["n_peaks"], peaks);
    ASSERT_EQ(frame->table.size(), peaks * live_record_bytes);
    for (std::uint32_t i = 0; i < peaks; ++i) {
      std::array<float, 2> place{};
      std::memcpy(place.data(), frame->table.data() + i * live_record_bytes, sizeof(place));
      EXPECT_EQ(place[0], static_cast<float>(sample_peak(index, i).row));
      EXPECT_EQ(place[1], static_cast<float>(sample_peak(index, i).col));
    }
  }
  const auto end = subscriber.hear();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->header["type"], "scan_end");
  EXPECT_EQ(end->header["exit_status"], "complete");
  const auto file = subscriber.hear();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->header["type"], "file_finalised");
  EXPECT_EQ(file->header["path"], (directory / "out.h5").string());
  EXPECT_EQ(file->header["sha256"], sha256_hex("content"));
  EXPECT_EQ(file->header["bytes"], 7);
}

TEST(Publish, ASubscriberThatJoinsInMidScanHearsItsStartFirstAndOneBetweenScansHearsNone) {
  Publishing publishing(0);
  const std::string endpoint = publishing.publisher->endpoint();
  auto sink = publishing.begin();
  sink->consume(sample_envelope(*publishing.header, 0, 2));
  Subscriber late(endpoint);
  const auto welcome = late.hear();  // no other message is needed for it to come
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->header["type"], "scan_start");
  EXPECT_EQ(welcome->header["welcome"], true);
  EXPECT_EQ(welcome->header["scan_id"], "scan");
  EXPECT_EQ(welcome->parts, 1U);
  Subscriber chooser(endpoint, R"({"type":"frame")");
  std::this_thread::sleep_for(300ms);
  sink->consume(sample_envelope(*publishing.header, 1, 2));
  for (Subscriber* subscriber : {&late, &chooser}) {
    const auto frame = subscriber->hear();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->header["frame"], 1);
  }
  const ScanSummary summary = complete_summary(5);
  sink->scan_finished({summary, {}, std::nullopt});
  sink.reset();
  Subscriber idle(endpoint);
  EXPECT_FALSE(idle.hear(400ms));
}

TEST(Publish, MessagesWaitForOthersAndLeaveTogetherInTheirOrder) {
  constexpr auto hold = 400ms;
  Publisher publisher({.bind = "tcp://127.0.0.1:*", .hold = hold, .access = {}});
  Subscriber subscriber(publisher.endpoint());
  subscriber.join(publisher);
  while (subscriber.hear(2 * hold)) {
  }
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i)
    publisher.publish([](std::uint64_t seq) { return R"({"seq":)" + std::to_string(seq) + "}"; });
  EXPECT_GT(publisher.waiting_bytes(), 0U);  // and are counted while they wait
  const auto first = subscriber.hear();
  ASSERT_TRUE(first);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, hold - 10ms);
  for (std::uint64_t i = 1; i < 5; ++i) {
    const auto next = subscriber.hear(200ms);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->header["seq"], first->header["seq"].get<std::uint64_t>() + i);
  }
}

TEST(Publish, TheShareOfRarePatchesGrowsOverTheFramesThatWerePublished) {
  Publishing publishing;
  Subscriber subscriber(publishing.publisher->endpoint(), R"({"type":"frame")");
  auto sink = publishing.begin();
  std::this_thread::sleep_for(500ms);
  for (const std::uint64_t index : {4U, 2U}) {
    Envelope envelope = sample_envelope(*publishing.header, index, 1);
    auto list = std::make_shared<PeakList>(*envelope.get<PeakList>());
    auto anomaly = std::make_shared<FrameAnomaly>();
    anomaly->clusters.assign(10, 0);
    anomaly->n_low = static_cast<std::uint32_t>(index);
    list->anomaly = anomaly;
    envelope.product = std::shared_ptr<const PeakList>(list);
    sink->consume(envelope);
  }
  for (const double rei : {0.4, 0.3}) {
    const auto frame = subscriber.hear();
    ASSERT_TRUE(frame);
    EXPECT_DOUBLE_EQ(frame->header["anomaly"]["rei"], rei);
  }
}

TEST(Publish, ASubscriberThatNeverReadsCostsNeitherTimeNorMemory) {
  Publisher publisher({.bind = "tcp://127.0.0.1:*", .queue_bytes = 4 << 20, .patience = 60s, .access = {}});
  Subscriber stuck(publisher.endpoint(), "", 10), fine(publisher.endpoint());
  stuck.join(publisher);
  fine.join(publisher);
  constexpr std::size_t table_bytes = 10'000;
  std::set<std::uint64_t> heard;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    publisher.publish(
        [](std::uint64_t seq) { return R"({"type":"frame","seq":)" + std::to_string(seq) + "}"; },
        table_bytes, [](std::span<std::byte> table) { std::ranges::fill(table, std::byte{7}); });
    ASSERT_LE(publisher.waiting_bytes(), 4U << 20);
    if (i % 50 != 0) continue;
    while (heard.size() <= static_cast<std::size_t>(i)) {
      const auto message = fine.hear(10s);
      ASSERT_TRUE(message) << "the other subscriber missed some of " << i + 1 << " for it";
      heard.insert(message->header["seq"].get<std::uint64_t>());
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s);
  while (const auto message = fine.hear(1s)) heard.insert(message->header["seq"].get<std::uint64_t>());
  EXPECT_EQ(heard.size(), 10'000U);
  EXPECT_EQ(*heard.rbegin() - *heard.begin(), 9'999U);
  EXPECT_EQ(publisher.dropped(), 0U);
  std::size_t left = 0;
  while (stuck.hear(500ms)) ++left;
  EXPECT_GT(left, 10U);
  EXPECT_LT(left, 9'000U);
}

TEST(Publish, ASubscriberThatTakesNothingIsDisconnectedAndWhatWaitedForItIsFree) {
  Publisher publisher({.bind = "tcp://127.0.0.1:*", .queue_bytes = 32 << 20, .patience = 1s, .access = {}});
  Subscriber stuck(publisher.endpoint(), "", 1);
  stuck.join(publisher);
  for (int i = 0; i < 100; ++i)
    publisher.publish([](std::uint64_t) { return std::string("{}"); }, 250'000, [](auto) {});
  const std::uint64_t waiting = publisher.waiting_bytes();
  EXPECT_GT(waiting, 5U << 20);
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (publisher.waiting_bytes() > waiting / 10 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(50ms);
  EXPECT_LE(publisher.waiting_bytes(), waiting / 10);
}

TEST(Publish, WhatNoSubscriberTookInTimeIsDroppedByBytes) {
  Publisher publisher({.bind = "tcp://127.0.0.1:*", .queue_bytes = 1 << 20, .patience = 60s, .access = {}});
  Subscriber stuck(publisher.endpoint(), "", 1);
  stuck.join(publisher);
  for (int i = 0; i < 400; ++i) {
    publisher.publish([](std::uint64_t) { return std::string("{}"); }, 300'000, [](auto) {});
    ASSERT_LE(publisher.waiting_bytes(), 1U << 20);
  }
  EXPECT_GT(publisher.dropped(), 100U);
}

TEST(Publish, EndpointsThatCannotBeAndTwoSinksAtOneAreRefused) {
  EXPECT_THROW(Publish::check(config_at("tcp://nowhere")), ConfigError);
  ResourceCache resources;
  Publish::open(any_port, resources);
  EXPECT_THROW(Publish::open(any_port, resources), ConfigError);
  Publisher one({.bind = "tcp://127.0.0.1:*"});
  EXPECT_THROW(Publisher({.bind = one.endpoint()}), ConfigError);
}

}  // namespace
}  // namespace braggd
