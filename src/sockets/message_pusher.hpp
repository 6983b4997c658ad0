// Single messages to whoever pulls.
#pragma once

#include <chrono>
#include <string>
#include <zmq.hpp>

namespace braggd {

/// A PUSH socket for a message now and then. One thread.
class MessagePusher {
 public:
  /// Throws ConfigError for an endpoint that cannot be connected to.
  explicit MessagePusher(std::string endpoint);
  /// Throws OutputError where nobody takes the message within `patience`.
  void push(const std::string& message, std::chrono::milliseconds patience);

 private:
  std::string endpoint_;
  zmq::context_t context_;
  zmq::socket_t socket_;
};

}  // namespace braggd
