// Connections that come, go and fail, as ZeroMQ tells of them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <zmq.hpp>

#include "core/log_limiter.hpp"

namespace braggd {

/// Listens to a socket; it must go before the socket does. ZeroMQ mends connections by itself and says nothing, also
/// where it ended one because a message was too large, or because the other side has not the right key.
class ConnectionWatch final : private zmq::monitor_t {
 public:
  /// `owner` stands before what is logged, say "source=stream2"; `number` tells the sockets of one context apart.
  /// `end_hint`: why an established connection may have ended, for the log; empty: nobody needs to know of it.
  ConnectionWatch(zmq::socket_t& socket, bool binds, std::string owner, std::string end_hint = {},
                  std::size_t number = 0);

  /// Takes what has been told, twenty times a second at most, and logs it, once a second at most. Does not wait. To be
  /// called every now and then: what nobody takes holds ZeroMQ up in the end.
  void look();
  /// The same at once.
  void look_now();
  /// Connections that came to nothing: the other side was not understood, had the wrong keys, or broke off; without those
  /// that an AccessGuard of this side refused. Any thread.
  std::uint64_t refused() const { return refused_; }
  /// Why the latest connection failed; empty: none has.
  const std::string& failure() const { return failure_; }
  /// The sockets of those that stand.
  const std::set<int>& descriptors() const { return descriptors_; }

 private:
  void on_event_accepted(const zmq_event_t& event, const char* address) override;
  void on_event_connected(const zmq_event_t& event, const char* address) override;
  void on_event_disconnected(const zmq_event_t& event, const char* address) override;
  void on_event_handshake_failed_no_detail(const zmq_event_t& event, const char* address) override;
  void on_event_handshake_failed_protocol(const zmq_event_t& event, const char* address) override;
  void on_event_handshake_failed_auth(const zmq_event_t& event, const char* address) override;
  void log_failure(std::string_view address);

  enum class Failure : std::uint8_t { none, broken_off, not_understood, not_let_in };

  bool binds_;
  std::string owner_, end_hint_;
  std::chrono::steady_clock::time_point looked_;
  std::atomic<std::uint64_t> refused_{0};
  Failure failing_ = Failure::none;  // of the connection that ends next
  std::string failure_;
  std::set<int> descriptors_;
  LogLimiter limiter_;
};

}  // namespace braggd
