// The service over HTTP: page, REST, events, metrics.
#pragma once

#include <memory>
#include <string>

#include "service/daemon.hpp"
#include "service/event_feed.hpp"
#include "service/watchman.hpp"

namespace braggd {

class HttpServer {
 public:
  /// Serves from here on. Throws ConfigError where the address cannot be had, or the token's file is open to others.
  HttpServer(Daemon& daemon, const Watchman& watchman, EventFeed& events);
  /// Closes the feed and waits for the calls that are being answered.
  ~HttpServer();

  /// "127.0.0.1:8430", the port as it really is.
  std::string address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace braggd
