// The receiving end of edge nodes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <tuple>
#include <vector>

#include <braggd/field.hpp>
#include <braggd/source.hpp>
#include <braggd/stage.hpp>

#include "sockets/socket_access.hpp"
#include "sources/scan_assembler.hpp"

namespace braggd {

struct Stream2Config : SocketAccess {
  std::vector<std::string> connect;
  std::string bind;
  std::string channel;
  std::uint64_t receive_bytes = std::uint64_t{1} << 30;
  std::uint64_t max_message_bytes = std::uint64_t{128} << 20;
  double close_timeout_s = 5;
  double idle_timeout_s = 30;
  double end_grace_s = 1;
  std::uint64_t scans = 0;
  std::uint32_t io_threads = 1;
  std::filesystem::path shared_memory = {};
  static constexpr auto fields() {
    using C = Stream2Config;
    const std::tuple own{
        field("connect", &C::connect, "edge nodes to pull from, such as [tcp://10.0.0.1:31001]"),
        field("bind", &C::bind, "in place of connect: where edge nodes push to, such as tcp://*:31001"),
        field("channel", &C::channel, "channel to take from each image; empty: the first"),
        bytes_field("receive_bytes", &C::receive_bytes,
                    "for messages that wait in front of the pipeline; the sockets' high-water marks follow "
                    "from it and from "
                    "max_message_bytes",
                    1 << 20, 1e13),
        bytes_field("max_message_bytes", &C::max_message_bytes, "larger messages are not received", 1 << 10,
                    4e9),
        field("close_timeout_s", &C::close_timeout_s,
              "a scan whose end came waits so long after its latest message for missing frames", 0, 1e6)
            .unit("s"),
        field("idle_timeout_s", &C::idle_timeout_s,
              "a scan without its end is given up after so long a silence", 0, 1e6)
            .unit("s"),
        field("end_grace_s", &C::end_grace_s, "a scan with all its frames waits so long for its end", 0, 1e6)
            .unit("s"),
        field("scans", &C::scans, "stop after so many scans; 0: go on for ever", 0, 9e15),
        field("io_threads", &C::io_threads, "threads that move bytes from the network", 1, 64),
        directory_field("shared_memory", &C::shared_memory,
                        "where edge nodes on this machine may put frames in place of sending them, such as "
                        "/dev/shm/braggd (README, Shared memory); empty: they may not"),
    };
    return std::tuple_cat(own, SocketAccess::fields());
  }
};

/// Pulls DECTRIS Stream V2 over ZeroMQ. The socket is open once the object is there; edge nodes may connect
/// then. Frames are views of the ZeroMQ messages.
class Stream2Source final : public Source {
 public:
  using Config = Stream2Config;
  static constexpr StageInfo info{"stream2", "Receives DECTRIS Stream V2 from edge nodes over ZeroMQ."};

  /// Throws ConfigError for endpoints that cannot be; opens nothing.
  static void check(const Config& config);
  /// Throws ConfigError where an endpoint cannot be used: malformed, in use, no such interface.
  explicit Stream2Source(const Config& config);
  ~Stream2Source() override;

  void run(FrameIntake& intake, std::stop_token stop) override;

  /// The endpoint that was bound, with its real port; or the last one that was connected to.
  std::string endpoint() const;
  std::optional<Strays> strays() const override;

 private:
  class Socket;
  Config config_;
  std::unique_ptr<Socket> socket_;
  StrayCounts strays_;
};

}  // namespace braggd
