#include "sinks/stream2_sender_sockets.hpp"

#include <algorithm>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <utility>

#include <braggd/error.hpp>

#include "sinks/local_peers.hpp"
#include "sockets/endpoint.hpp"

namespace braggd {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds poll_interval{50};
constexpr std::chrono::seconds silent_wait{2};

}  // namespace

PushSockets::PushSockets(const std::vector<std::string>& endpoints, bool connect, const SocketAccess& access,
                         std::uint32_t buffer_bytes)
    : guard_(std::make_unique<AccessGuard>(context_, AccessRules(access, !connect, endpoints), "send")) {
  for (const auto& endpoint : endpoints) {
    zmq::socket_t& socket = sockets_.emplace_back(context_, zmq::socket_type::push);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, 1);
    if (buffer_bytes != 0) socket.set(zmq::sockopt::sndbuf, static_cast<int>(buffer_bytes));
    socket.set(zmq::sockopt::immediate, true);  // nothing is queued for a receiver that is not there
    guard_->rules().apply(socket);
    watches_.push_back(
        std::make_unique<ConnectionWatch>(socket, !connect, "send", std::string(), sockets_.size()));
    open_endpoint(socket, endpoint, !connect, "sender");
    endpoints_.push_back(connect ? endpoint : socket.get(zmq::sockopt::last_endpoint));
  }
}

void PushSockets::set_high_water_mark(int messages) {
  for (auto& socket : sockets_) socket.set(zmq::sockopt::sndhwm, messages);
}

bool PushSockets::wait_writable(std::size_t sender, Clock::time_point until, const std::stop_token& stop) {
  do {
    for (const auto& watch : watches_) watch->look();
    zmq::pollitem_t item{sockets_[sender].handle(), 0, ZMQ_POLLOUT, 0};
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
    if (wait_writable(i, until, stop)) continue;
    if (stop.stop_requested()) return false;
    throw OutputError(
        fmt::format("no receiver at {} within {:g} s; is `braggd run` up, and does its pipeline name "
                    "this endpoint?{}",
                    endpoints_[i], std::chrono::duration<double>(patience).count(), why_nobody_comes(i)));
  }
  return true;
}

bool PushSockets::send(std::size_t sender, Bytes message, Clock::duration patience,
                       const std::stop_token& stop) {
  auto owned = std::make_unique<Bytes>(std::move(message));
  auto* const only_read = const_cast<std::byte*>(owned->view().data());
  zmq::message_t parcel(
      only_read, owned->size(), [](void*, void* hint) { delete static_cast<Bytes*>(hint); }, owned.get());
  owned.release();  // NOLINT(bugprone-unused-return-value): the parcel deletes it
  const auto until = Clock::now() + patience;
  const auto say_at = std::min(until, Clock::now() + silent_wait);
  bool said = false;
  zmq::socket_t& socket = sockets_[sender];
  watches_[sender]->look();
  while (!socket.send(parcel, zmq::send_flags::dontwait)) {
    if (wait_writable(sender, said ? until : say_at, stop) && Clock::now() < until) continue;
    if (stop.stop_requested() || Clock::now() >= until) return false;
    spdlog::warn("no receiver takes messages at {}; giving up after {:g} s of it", endpoints_[sender],
                 std::chrono::duration<double>(patience).count());
    said = true;
  }
  return true;
}

std::string PushSockets::why_nobody_comes(std::size_t sender) {
  watches_[sender]->look_now();
  const std::string& failure = watches_[sender]->failure();
  return failure.empty() ? "" : " (the latest connection failed: " + failure + ")";
}

bool PushSockets::close(Clock::duration patience) {
  const auto until = Clock::now() + patience;
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    if (endpoints_[i].starts_with("ipc://")) wait_until_read(*watches_[i], until);
  }
  watches_.clear();
  const auto left = std::max(until - Clock::now(), Clock::duration::zero());
  const auto linger_ms = std::chrono::duration_cast<milliseconds>(left).count();
  for (auto& socket : sockets_) {
    socket.set(zmq::sockopt::linger, static_cast<int>(linger_ms));
    socket.close();
  }
  guard_.reset();
  context_.close();
  return Clock::now() < until;
}

}  // namespace braggd
