// Connections that end, in the log.
#pragma once

#include <cstdint>
#include <zmq.hpp>

#include "sources/log_limiter.hpp"

namespace braggd {

/// Listens to what ZeroMQ tells of a socket's connections; it must go before the socket does. ZeroMQ mends connections by
/// itself and says nothing, also where it ended one because a message was too large.
class ConnectionWatch final : private zmq::monitor_t {
 public:
  ConnectionWatch(zmq::socket_t& socket, std::uint64_t max_message_bytes);
  /// Logs, once a second at most, the connections that have ended. Does not wait.
  void look();

 private:
  void on_event_disconnected(const zmq_event_t& event, const char* address) override;

  std::uint64_t max_message_bytes_;
  LogLimiter limiter_;
};

}  // namespace braggd
