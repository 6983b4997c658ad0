#include "sources/connection_watch.hpp"

#include <chrono>
#include <spdlog/spdlog.h>

#include "core/text.hpp"

namespace braggd {

ConnectionWatch::ConnectionWatch(zmq::socket_t& socket, std::uint64_t max_message_bytes)
    : max_message_bytes_(max_message_bytes) {
  init(socket, "inproc://braggd-connections", ZMQ_EVENT_DISCONNECTED);
}

void ConnectionWatch::look() {
  while (check_event(0)) {
  }
}

void ConnectionWatch::on_event_disconnected(const zmq_event_t& /*event*/, const char* address) {
  const auto held_back = limiter_.admit("disconnected", std::chrono::steady_clock::now());
  if (!held_back) return;
  spdlog::info(
      "source=stream2 the connection with {} has ended{}: the edge node went away, or sent more than "
      "source.max_message_bytes={}",
      address, *held_back == 0 ? "" : fmt::format(" ({} more like it)", *held_back),
      format_bytes(max_message_bytes_));
}

}  // namespace braggd
