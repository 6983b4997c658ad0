// What each path of the HTTP interface answers; src/service/openapi.json describes it.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "service/daemon.hpp"
#include "service/event_feed.hpp"
#include "service/metrics.hpp"
#include "service/preview_picture.hpp"
#include "service/watchman.hpp"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace braggd {

/// Answers are JSON; errors are problem details (RFC 9457). Calls that change something need the token.
class HttpApi {
 public:
  HttpApi(Daemon& daemon, const Watchman& watchman, EventFeed& events);

  void set_token(std::string token) { token_ = std::move(token); }
  void add_routes(httplib::Server& server);

 private:
  using Request = httplib::Request;
  using Response = httplib::Response;

  void add_looks(httplib::Server& server);
  void add_orders(httplib::Server& server);
  void add_pages(httplib::Server& server);
  bool may_change(const Request& request, Response& response) const;
  void answer_verdict(const Verdict& verdict, Response& response);

  void get_scans(const Request& request, Response& response) const;
  void get_scan(const Request& request, Response& response) const;
  void get_preview(const Request& request, Response& response);
  void get_events(const Request& request, Response& response);
  void get_models(Response& response) const;
  void promote(const Request& request, Response& response) const;
  void validate(const Request& request, Response& response) const;
  void reload(Response& response);

  Daemon& daemon_;
  const Watchman& watchman_;
  EventFeed& events_;
  Metrics metrics_;
  PreviewPictures pictures_;
  std::string token_;
  std::atomic<int> listeners_{0};
};

}  // namespace braggd
