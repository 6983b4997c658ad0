#include "pipeline/service_config.hpp"

#include <algorithm>
#include <charconv>

#include <braggd/error.hpp>

namespace braggd {

HttpAddress parse_http_address(const std::string& text) {
  const auto colon = text.rfind(':');
  HttpAddress address{colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon), -1};
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  const bool bad_host =
      address.host.empty() || address.host.size() > 255 ||
      std::ranges::any_of(address.host, [](unsigned char c) { return c <= ' ' || c > '~'; });
  if (error != std::errc{} || end != port.data() + port.size() || address.port < 0 || address.port > 65535 ||
      bad_host) {
    throw ConfigError(
        "\"" + text + "\" is no address: write HOST:PORT, or a port alone for this machine only", "http");
  }
  return address;
}

void ServiceConfig::check(const ServiceConfig& config) {
  if (!config.http.empty()) parse_http_address(config.http);
}

}  // namespace braggd
