#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include <braggd/sink.hpp>
#include <braggd/stage.hpp>

#include "kernels/rei_score.hpp"
#include "sockets/socket_access.hpp"

namespace braggd {

class Publisher;

struct PublishConfig : SocketAccess {
  std::string bind = "tcp://127.0.0.1:31002";
  std::uint64_t queue_bytes = std::uint64_t{64} << 20;
  std::uint32_t hold_ms = 50;
  static constexpr auto fields() {
    using C = PublishConfig;
    const std::tuple own{
        field("bind", &C::bind, "where subscribers find the results, such as tcp://*:31002"),
        bytes_field("queue_bytes", &C::queue_bytes,
                    "for messages that wait for subscribers; what exceeds it is not sent to them", 1 << 20,
                    1e12),
        field(
            "hold_ms", &C::hold_ms,
            "for so long a message waits for others, so that each subscriber is woken for many; 0: for none",
            0, 1000)
            .unit("ms"),
    };
    return std::tuple_cat(own, SocketAccess::fields());
  }
};

/// The results of each frame as soon as they are there, in whatever order frames get done, over ZeroMQ
/// (`wire/live_messages.hpp`). The socket is open from before the first scan until after the last.
class Publish final : public Sink {
 public:
  using Config = PublishConfig;
  using Input = PeakList;
  static constexpr StageInfo info{"publish",
                                  "Publishes the peaks of each frame over ZeroMQ as they are found."};

  /// Throws ConfigError for an endpoint that cannot be; opens nothing.
  static void check(const Config& config);
  /// Opens the socket. Throws ConfigError.
  static void open(const Config& config, ResourceCache& resources);
  /// Throws ConfigError where the socket is not open yet and cannot be.
  Publish(const Config& config, const SinkContext& context);
  ~Publish() override;

  void consume(const Envelope& envelope) override;
  std::filesystem::path finish(const ScanSummary& summary) override;
  void scan_finished(const FinishedScan& scan) override;
  void abandon() noexcept override;

  const Publisher& publisher() const { return *publisher_; }

 private:
  std::shared_ptr<const ScanHeader> header_;
  std::shared_ptr<Publisher> publisher_;
  std::uint64_t start_seq_ = 0;
  std::optional<ReiCounts> so_far_;  // over the frames that were published; nothing where none was scored
};

}  // namespace braggd
