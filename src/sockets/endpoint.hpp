// Where sockets are opened.
#pragma once

#include <string>
#include <string_view>
#include <zmq.hpp>

namespace braggd {

/// The endpoints that there are, for people; a socket that binds may take any address and port.
std::string endpoint_format(bool bind);

/// tcp://HOST:PORT or ipc://PATH.
bool is_endpoint(std::string_view text, bool bind);

/// Binds or connects. Throws ConfigError with key "bind" or "connect"; `rival` is who may have taken the endpoint.
void open_endpoint(zmq::socket_t& socket, const std::string& endpoint, bool bind, std::string_view rival);

}  // namespace braggd
