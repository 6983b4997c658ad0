#include "service/http_server.hpp"

#include <httplib.h>
#include <spdlog/spdlog.h>
#include <thread>

#include <braggd/error.hpp>

#include "service/http_api.hpp"
#include "service/http_guard.hpp"

namespace braggd {

namespace {

constexpr std::size_t threads = 32;
constexpr std::size_t longest_body_bytes = 1 << 20;
constexpr time_t keep_alive_s = 2;
constexpr time_t patience_s = 5;

std::filesystem::path token_path(const ServiceConfig& config, const std::filesystem::path& pipeline) {
  if (!config.token_file.empty()) return pipeline.parent_path() / config.token_file;
  return config.state_directory.empty() ? std::filesystem::path() : config.state_directory / "http.token";
}

// Headers that keep a browser from doing with our answers what they are not for.
httplib::Headers safe_headers() {
  return {{"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Content-Security-Policy",
           "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors "
           "'none'"}};
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Daemon& daemon, const Watchman& watchman, EventFeed& events)
      : events_(events), api_(daemon, watchman, events) {
    const auto path = token_path(daemon.config(), daemon.configurations().running().config.file);
    if (path.empty()) {
      spdlog::warn(
          "http: nothing can be changed over it, for there is no token: set service.token_file or "
          "service.state_directory");
    } else {
      api_.set_token(read_or_make_token(path));
    }
    server_.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    server_.set_payload_max_length(longest_body_bytes);
    server_.set_keep_alive_timeout(keep_alive_s);
    server_.set_read_timeout(patience_s);
    server_.set_write_timeout(patience_s);
    server_.set_tcp_nodelay(true);
    server_.set_default_headers(safe_headers());
    api_.add_routes(server_);
    listen(parse_http_address(daemon.config().http));
  }

  ~Impl() {
    events_.close();
    server_.stop();
    thread_.join();
  }

  std::string address() const { return address_; }

 private:
  void listen(const HttpAddress& wanted) {
    int port = wanted.port;
    if (port == 0) {
      port = server_.bind_to_any_port(wanted.host);
    } else if (!server_.bind_to_port(wanted.host, port)) {
      port = -1;
    }
    if (port <= 0) {
      throw ConfigError("nothing can be served at " + wanted.host + ":" + std::to_string(wanted.port) +
                            ": is another braggd running there? Give service.http another port",
                        "http");
    }
    const bool v6 = wanted.host.find(':') != std::string::npos;
    address_ = (v6 ? "[" + wanted.host + "]" : wanted.host) + ":" + std::to_string(port);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    spdlog::info("http: the page is at http://{}/", address_);
  }

  EventFeed& events_;
  HttpApi api_;
  httplib::Server server_;
  std::string address_;
  std::thread thread_;
};

HttpServer::HttpServer(Daemon& daemon, const Watchman& watchman, EventFeed& events)
    : impl_(std::make_unique<Impl>(daemon, watchman, events)) {}

HttpServer::~HttpServer() = default;

std::string HttpServer::address() const {
  return impl_->address();
}

}  // namespace braggd
