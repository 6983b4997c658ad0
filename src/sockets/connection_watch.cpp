#include "sockets/connection_watch.hpp"

#include <spdlog/spdlog.h>
#include <utility>

namespace braggd {

namespace {

constexpr std::chrono::milliseconds look_interval{50};
constexpr int events_watched = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string more_like_it(std::uint64_t held_back) {
  return held_back == 0 ? "" : fmt::format(" ({} more like it)", held_back);
}

}  // namespace

ConnectionWatch::ConnectionWatch(zmq::socket_t& socket, bool binds, std::string owner, std::string end_hint,
                                 std::size_t number)
    : binds_(binds), owner_(std::move(owner)), end_hint_(std::move(end_hint)) {
  init(socket, "inproc://braggd-connections-" + std::to_string(number), events_watched);
}

void ConnectionWatch::look() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < look_interval) return;
  looked_ = now;
  look_now();
}

void ConnectionWatch::look_now() {
  try {
    while (check_event(0)) {
    }
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;  // a signal: the rest is for the next look
  }
}

void ConnectionWatch::on_event_accepted(const zmq_event_t& event, const char* /*address*/) {
  descriptors_.insert(event.value);
}

void ConnectionWatch::on_event_connected(const zmq_event_t& event, const char* /*address*/) {
  descriptors_.insert(event.value);
}

void ConnectionWatch::on_event_handshake_failed_no_detail(const zmq_event_t& /*event*/,
                                                          const char* /*address*/) {
  failing_ = Failure::broken_off;
  failure_ =
      "the other side broke off at once: does one side use keys and the other none, or another key than this "
      "side knows?";
}

void ConnectionWatch::on_event_handshake_failed_protocol(const zmq_event_t& event, const char* /*address*/) {
  failing_ = Failure::not_understood;
  switch (event.value) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
      failure_ = "one side uses keys and the other does not: give both a key_file, or none";
      break;
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
      failure_ = "the side that connects has another server_key_file than the key of the side that binds";
      break;
    default:
      failure_ = "what the other side says is not understood";
  }
}

void ConnectionWatch::on_event_handshake_failed_auth(const zmq_event_t& /*event*/, const char* /*address*/) {
  failing_ = Failure::not_let_in;
  failure_ =
      binds_ ? "its key or address is not among those that may connect"
             : "the other side lets neither this key nor this address in: see its allow and allow_addresses";
}

void ConnectionWatch::log_failure(std::string_view address) {
  // Those that were not let in are logged by who refused them.
  if (binds_ && failing_ == Failure::not_let_in) return;
  const auto held_back = limiter_.admit("failed", std::chrono::steady_clock::now());
  if (!held_back) return;
  spdlog::warn("{} a connection {} {} has failed: {}{}", owner_, binds_ ? "at" : "with", address, failure_,
               more_like_it(*held_back));
}

void ConnectionWatch::on_event_disconnected(const zmq_event_t& event, const char* address) {
  descriptors_.erase(event.value);
  if (failing_ != Failure::none) {
    if (!binds_ || failing_ != Failure::not_let_in) ++refused_;
    log_failure(address);
    failing_ = Failure::none;
    return;
  }
  if (end_hint_.empty()) return;
  const auto held_back = limiter_.admit("ended", std::chrono::steady_clock::now());
  if (!held_back) return;
  spdlog::info("{} the connection with {} has ended{}: {}", owner_, address, more_like_it(*held_back),
               end_hint_);
}

}  // namespace braggd
