#include "service/service_client.hpp"

#include <httplib.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "pipeline/service_config.hpp"

namespace braggd {

using nlohmann::ordered_json;

namespace {

constexpr time_t answer_patience_s = 10;

ordered_json answer_of(const httplib::Result& result, const std::string& address) {
  if (!result) {
    throw InputError("no service answers at http://" + address +
                     ": is `braggd run` up, and does its pipeline set service.http?");
  }
  auto json = ordered_json::parse(result->body, nullptr, false);
  if (result->status < 300 && !json.is_discarded()) return json;
  const bool told = json.is_object() && json.contains("detail") && json["detail"].is_string();
  throw InputError(told ? printable(json["detail"].get<std::string>())
                        : "http://" + address + " is no braggd: it answered " +
                              std::to_string(result->status));
}

}  // namespace

ServiceClient::ServiceClient(const std::string& address) {
  const HttpAddress parsed = parse_http_address(address);
  host_ = parsed.host;
  port_ = parsed.port;
}

std::string ServiceClient::address() const {
  return host_ + ":" + std::to_string(port_);
}

ordered_json ServiceClient::get(const std::string& path) const {
  httplib::Client client(host_, port_);
  client.set_read_timeout(answer_patience_s);
  return answer_of(client.Get(path), address());
}

ordered_json ServiceClient::post(const std::string& path, const std::string& token) const {
  httplib::Client client(host_, port_);
  client.set_read_timeout(answer_patience_s);
  return answer_of(
      client.Post(path, httplib::Headers{{"Authorization", "Bearer " + token}}, "", "text/plain"), address());
}

}  // namespace braggd
