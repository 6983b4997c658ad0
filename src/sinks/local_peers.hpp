// Whether the receivers behind a UNIX socket have read all that was sent.
#pragma once

#include <chrono>
#include <set>
#include <zmq.hpp>

namespace braggd {

/// Listens to what ZeroMQ tells of a socket's `ipc://` connections; it must go before the socket does. A TCP connection
/// that is closed still delivers what was sent; a UNIX socket tells its peer of the end at once, and libzmq 4.3, where
/// it had stopped reading because its queue was full, then leaves the rest unread.
class LocalPeers final : private zmq::monitor_t {
 public:
  using Clock = std::chrono::steady_clock;

  /// `number` tells the sockets of one context apart.
  LocalPeers(zmq::socket_t& socket, std::size_t number);
  /// Waits until no byte is left in the connections, those included that ZeroMQ still hands over; false: not by `until`.
  bool wait_until_read(Clock::time_point until);

 private:
  void on_event_accepted(const zmq_event_t& event, const char* address) override;
  void on_event_connected(const zmq_event_t& event, const char* address) override;
  void on_event_disconnected(const zmq_event_t& event, const char* address) override;
  bool holds_bytes() const;

  std::set<int> descriptors_;
};

}  // namespace braggd
