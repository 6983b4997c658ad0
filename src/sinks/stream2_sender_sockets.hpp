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

#include "sinks/local_peers.hpp"

namespace braggd {

class PushSockets {
 public:
  using Clock = std::chrono::steady_clock;

  /// Opens a socket for each endpoint. Throws ConfigError, with key "bind" or "connect".
  PushSockets(const std::vector<std::string>& endpoints, bool connect);

  /// The endpoints as they are, wildcard ports resolved.
  const std::vector<std::string>& endpoints() const { return endpoints_; }
  /// Lets each socket queue at most so many messages for each receiver that it has now; for those that come later it
  /// is one.
  void set_high_water_mark(int messages);
  /// Waits until every socket has a receiver; false: stopped. Throws OutputError after `patience`.
  bool wait_for_receivers(Clock::duration patience, const std::stop_token& stop);
  /// False: nobody took the message within `patience`, or a stop came.
  bool send(std::size_t sender, std::vector<std::byte> message, Clock::duration patience,
            const std::stop_token& stop);
  /// Hands over what is queued and closes; false: that took longer than `patience`, and some may be lost.
  bool close(Clock::duration patience);

 private:
  bool wait_writable(zmq::socket_t& socket, Clock::time_point until, const std::stop_token& stop);

  zmq::context_t context_;
  std::vector<zmq::socket_t> sockets_;
  std::vector<std::unique_ptr<LocalPeers>> local_peers_;  // of the sockets at ipc:// endpoints
  std::vector<std::string> endpoints_;
};

}  // namespace braggd
