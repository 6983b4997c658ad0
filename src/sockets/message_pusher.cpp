#include "sockets/message_pusher.hpp"

#include <spdlog/fmt/fmt.h>
#include <utility>

#include <braggd/error.hpp>

namespace braggd {

MessagePusher::MessagePusher(std::string endpoint)
    : endpoint_(std::move(endpoint)), socket_(context_, zmq::socket_type::push) {
  socket_.set(zmq::sockopt::linger, 1000);
  socket_.set(zmq::sockopt::immediate, true);  // nothing is queued for a receiver that is not there
  try {
    socket_.connect(endpoint_);
  } catch (const zmq::error_t& error) {
    throw ConfigError(fmt::format("cannot connect to {}: {}", endpoint_, error.what()), "connect");
  }
}

void MessagePusher::push(const std::string& message, std::chrono::milliseconds patience) {
  socket_.set(zmq::sockopt::sndtimeo, static_cast<int>(patience.count()));
  if (socket_.send(zmq::buffer(message), zmq::send_flags::none)) return;
  throw OutputError(fmt::format("nobody took the message at {} within {:g} s", endpoint_,
                                std::chrono::duration<double>(patience).count()));
}

}  // namespace braggd
