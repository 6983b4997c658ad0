// Who connects is looked at, one by one.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "core/log_limiter.hpp"
#include "sockets/socket_access.hpp"

namespace braggd {

/// Answers the questions that ZeroMQ asks about those who connect to the sockets of a context (ZAP 1.0, ZeroMQ RFC 27).
/// To be made before the sockets bind and to go after them, before the context. Where the rules ask nothing, it does
/// nothing.
class AccessGuard {
 public:
  /// `owner` stands before what is logged, say "source=stream2".
  AccessGuard(zmq::context_t& context, AccessRules rules, std::string owner);
  ~AccessGuard();
  AccessGuard(const AccessGuard&) = delete;
  AccessGuard& operator=(const AccessGuard&) = delete;

  const AccessRules& rules() const { return rules_; }
  /// Connections that the rules refused; others break off before anybody is asked (ConnectionWatch counts them).
  std::uint64_t refused() const { return refused_; }

 private:
  void work();
  void answer_one();

  AccessRules rules_;
  std::string owner_;
  zmq::socket_t questions_;
  std::atomic<bool> ends_{false};
  std::atomic<std::uint64_t> refused_{0};
  LogLimiter limiter_;
  std::thread thread_;
};

}  // namespace braggd
