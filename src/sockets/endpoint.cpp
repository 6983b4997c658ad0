#include "sockets/endpoint.hpp"

#include <charconv>
#include <spdlog/fmt/fmt.h>
#include <system_error>

#include <braggd/error.hpp>

namespace braggd {

namespace {

bool is_port(std::string_view text, bool bind) {
  if (bind && text == "*") return true;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port <= 65535 && (bind || port > 0);
}

}  // namespace

std::string endpoint_format(bool bind) {
  return bind ? "tcp://ADDRESS:PORT, tcp://*:PORT or ipc://PATH" : "tcp://HOST:PORT or ipc://PATH";
}

bool is_endpoint(std::string_view text, bool bind) {
  if (text.starts_with("ipc://")) return text.size() > 6;
  if (!text.starts_with("tcp://")) return false;
  text.remove_prefix(6);
  const std::size_t colon = text.rfind(':');
  return colon != std::string_view::npos && colon > 0 && is_port(text.substr(colon + 1), bind);
}

void open_endpoint(zmq::socket_t& socket, const std::string& endpoint, bool bind, std::string_view rival) {
  try {
    if (bind)
      socket.bind(endpoint);
    else
      socket.connect(endpoint);
  } catch (const zmq::error_t& error) {
    const std::string hint = error.num() == EADDRINUSE ? fmt::format("; is another {} running?", rival) : "";
    throw ConfigError(
        fmt::format("cannot {} {}: {}{}", bind ? "listen at" : "connect to", endpoint, error.what(), hint),
        bind ? "bind" : "connect");
  }
}

}  // namespace braggd
