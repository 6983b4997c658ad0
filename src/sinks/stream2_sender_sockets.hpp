// The PUSH sockets of emulated edge nodes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>
#include <zmq.hpp>

#include <braggd/bytes.hpp>

#include "sockets/access_guard.hpp"
#include "sockets/connection_watch.hpp"
#include "sockets/socket_access.hpp"

namespace braggd {

class PushSockets {
 public:
  using Clock = std::chrono::steady_clock;

  /// Opens a socket for each endpoint; `buffer_bytes`: of the kernel for each connection, 0: as it thinks best. Throws
  /// ConfigError, with key "bind" or "connect", or that of an option of `access`.
  PushSockets(const std::vector<std::string>& endpoints, bool connect, const SocketAccess& access,
              std::uint32_t buffer_bytes);

  /// The endpoints as they are, wildcard ports resolved.
  const std::vector<std::string>& endpoints() const { return endpoints_; }
  /// Lets each socket queue at most so many messages for each receiver that it has now; for those that come later it
  /// is one.
  void set_high_water_mark(int messages);
  /// Waits until every socket has a receiver; false: stopped. Throws OutputError after `patience`.
  bool wait_for_receivers(Clock::duration patience, const std::stop_token& stop);
  /// False: nobody took the message within `patience`, or a stop came.
  bool send(std::size_t sender, Bytes message, Clock::duration patience, const std::stop_token& stop);
  /// What became of the latest connection that failed, to be said after "no receiver"; empty: none did.
  std::string why_nobody_comes(std::size_t sender);
  /// Hands over what is queued and closes; false: that took longer than `patience`, and some may be lost.
  bool close(Clock::duration patience);

 private:
  bool wait_writable(std::size_t sender, Clock::time_point until, const std::stop_token& stop);

  zmq::context_t context_;
  std::unique_ptr<AccessGuard> guard_;
  std::vector<zmq::socket_t> sockets_;
  std::vector<std::unique_ptr<ConnectionWatch>> watches_;  // one a socket
  std::vector<std::string> endpoints_;
};

}  // namespace braggd
