#include "sinks/stream2_sender_sockets.hpp"

#include <algorithm>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <utility>

#include <braggd/error.hpp>

namespace braggd {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds poll_interval{50};
constexpr std::chrono::seconds silent_wait{2};

void open(zmq::socket_t& socket, const std::string& endpoint, bool connect) {
  try {
    if (connect)
      socket.connect(endpoint);
    else
      socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    const char* hint = error.num() == EADDRINUSE ? "; is another sender running?" : "";
    throw ConfigError(
        fmt::format("cannot {} {}: {}{}", connect ? "connect to" : "listen at", endpoint, error.what(), hint),
        connect ? "connect" : "bind");
  }
}

}  // namespace

PushSockets::PushSockets(const std::vector<std::string>& endpoints, bool connect) {
  for (const auto& endpoint : endpoints) {
    zmq::socket_t& socket = sockets_.emplace_back(context_, zmq::socket_type::push);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, 1);
    socket.set(zmq::sockopt::immediate, true);  // nothing is queued for a receiver that is not there
    if (endpoint.starts_with("ipc://")) {
      local_peers_.push_back(std::make_unique<LocalPeers>(socket, sockets_.size()));
    }
    open(socket, endpoint, connect);
    endpoints_.push_back(connect ? endpoint : socket.get(zmq::sockopt::last_endpoint));
  }
}

void PushSockets::set_high_water_mark(int messages) {
  for (auto& socket : sockets_) socket.set(zmq::sockopt::sndhwm, messages);
}

bool PushSockets::wait_writable(zmq::socket_t& socket, Clock::time_point until, const std::stop_token& stop) {
  do {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLOUT, 0};
    try {
      if (zmq::poll(&item, 1, poll_interval) > 0) return true;
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  } while (!stop.stop_requested() && Clock::now() < until);
  return false;
}

bool PushSockets::wait_for_receivers(Clock::duration patience, const std::stop_token& stop) {
  const auto until = Clock::now() + patience;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    if (wait_writable(sockets_[i], until, stop)) continue;
    if (stop.stop_requested()) return false;
    throw OutputError(
        fmt::format("no receiver at {} within {:g} s; is `braggd run` up, and does its pipeline name "
                    "this endpoint?",
                    endpoints_[i], std::chrono::duration<double>(patience).count()));
  }
  return true;
}

bool PushSockets::send(std::size_t sender, std::vector<std::byte> message, Clock::duration patience,
                       const std::stop_token& stop) {
  auto owned = std::make_unique<std::vector<std::byte>>(std::move(message));
  zmq::message_t parcel(
      owned->data(), owned->size(),
      [](void*, void* hint) { delete static_cast<std::vector<std::byte>*>(hint); }, owned.get());
  owned.release();  // NOLINT(bugprone-unused-return-value): the parcel deletes it
  const auto until = Clock::now() + patience;
  const auto say_at = std::min(until, Clock::now() + silent_wait);
  bool said = false;
  zmq::socket_t& socket = sockets_[sender];
  while (!socket.send(parcel, zmq::send_flags::dontwait)) {
    if (wait_writable(socket, said ? until : say_at, stop) && Clock::now() < until) continue;
    if (stop.stop_requested() || Clock::now() >= until) return false;
    spdlog::warn("no receiver takes messages at {}; giving up after {:g} s of it", endpoints_[sender],
                 std::chrono::duration<double>(patience).count());
    said = true;
  }
  return true;
}

bool PushSockets::close(Clock::duration patience) {
  const auto until = Clock::now() + patience;
  for (const auto& peers : local_peers_) peers->wait_until_read(until);
  local_peers_.clear();
  const auto left = std::max(until - Clock::now(), Clock::duration::zero());
  const auto linger_ms = std::chrono::duration_cast<milliseconds>(left).count();
  for (auto& socket : sockets_) {
    socket.set(zmq::sockopt::linger, static_cast<int>(linger_ms));
    socket.close();
  }
  context_.close();
  return Clock::now() < until;
}

}  // namespace braggd
