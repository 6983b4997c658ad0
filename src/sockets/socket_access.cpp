#include "sockets/socket_access.hpp"

#include <algorithm>

#include <braggd/error.hpp>

namespace braggd {

namespace {

// The answer of `read`; what it throws is the fault of option `key`.
template <class Read>
auto blamed_on(const char* key, const Read& read) {
  try {
    return read();
  } catch (const ConfigError& error) {
    throw ConfigError(error.what(), key);
  }
}

void check_places(const SocketAccess& access, bool binds, const std::vector<std::string>& endpoints) {
  const bool has_key = !access.key_file.empty();
  if (binds && !access.server_key_file.empty()) {
    throw ConfigError("it is for a side that connects; this one binds: list those who may connect in allow",
                      "server_key_file");
  }
  if (!binds && !access.allow.empty()) {
    throw ConfigError("it is for a side that binds; this one connects, to whom server_key_file says",
                      "allow");
  }
  if (!binds && !access.allow_addresses.empty()) {
    throw ConfigError("it is for a side that binds; this one connects", "allow_addresses");
  }
  if (!has_key && (!access.server_key_file.empty() || !access.allow.empty())) {
    throw ConfigError("the other side's key is named, and none of this side: `braggd keys NAME` makes one",
                      "key_file");
  }
  if (!binds && has_key && access.server_key_file.empty()) {
    throw ConfigError("name the public key file of the side that binds: without it nobody proves who he is",
                      "server_key_file");
  }
  const bool local = std::ranges::any_of(endpoints, [](const auto& e) { return e.starts_with("ipc://"); });
  if (local && !access.allow_addresses.empty()) {
    throw ConfigError(
        "who connects to an ipc:// endpoint has no address: permissions of its folder say who may",
        "allow_addresses");
  }
}

}  // namespace

AccessRules::AccessRules(const SocketAccess& access, bool binds, const std::vector<std::string>& endpoints)
    : binds_(binds) {
  check_places(access, binds, endpoints);
  if (!access.key_file.empty()) keys_ = blamed_on("key_file", [&] { return read_key_file(access.key_file); });
  if (!access.server_key_file.empty()) {
    server_key_ = blamed_on("server_key_file", [&] { return read_public_key_file(access.server_key_file); });
  }
  for (const std::string& file : access.allow) {
    allowed_keys_.push_back(blamed_on("allow", [&] { return read_public_key_file(file); }));
  }
  addresses_ = blamed_on("allow_addresses", [&] { return AddressList(access.allow_addresses); });
}

std::string AccessRules::refusal(std::string_view address, std::string_view public_key) const {
  if (!addresses_.empty() && !addresses_.contains(address)) return "its address is not in allow_addresses";
  if (!encrypted() || allowed_keys_.empty()) return {};
  if (std::ranges::find(allowed_keys_, public_key) != allowed_keys_.end()) return {};
  return "its key is not in allow";
}

void AccessRules::apply(zmq::socket_t& socket) const {
  if (asks()) socket.set(zmq::sockopt::zap_domain, "braggd");
  if (!keys_) return;
  socket.set(zmq::sockopt::curve_secretkey, keys_->secret_key);
  if (binds_) {
    socket.set(zmq::sockopt::curve_server, true);
  } else {
    socket.set(zmq::sockopt::curve_publickey, keys_->public_key);
    socket.set(zmq::sockopt::curve_serverkey, server_key_);
  }
}

}  // namespace braggd
