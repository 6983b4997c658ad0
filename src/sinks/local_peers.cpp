#include "sinks/local_peers.hpp"

#include <algorithm>
#include <linux/sockios.h>
#include <string>
#include <sys/ioctl.h>
#include <thread>

namespace braggd {

namespace {

// ZeroMQ's own thread fills a connection as soon as there is room: one that is empty again and again is all there was.
constexpr int empty_looks = 5;
constexpr std::chrono::milliseconds look_interval{10};

}  // namespace

LocalPeers::LocalPeers(zmq::socket_t& socket, std::size_t number) {
  init(socket, "inproc://braggd-local-peers-" + std::to_string(number),
       ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED);
}

void LocalPeers::on_event_accepted(const zmq_event_t& event, const char* /*address*/) {
  descriptors_.insert(event.value);
}

void LocalPeers::on_event_connected(const zmq_event_t& event, const char* /*address*/) {
  descriptors_.insert(event.value);
}

void LocalPeers::on_event_disconnected(const zmq_event_t& event, const char* /*address*/) {
  descriptors_.erase(event.value);
}

bool LocalPeers::holds_bytes() const {
  return std::ranges::any_of(descriptors_, [](int descriptor) {
    int unread = 0;
    return ::ioctl(descriptor, SIOCOUTQ, &unread) == 0 && unread > 0;
  });
}

bool LocalPeers::wait_until_read(Clock::time_point until) {
  for (int empty = 0; empty < empty_looks;) {
    while (check_event(0)) {
    }
    empty = holds_bytes() ? 0 : empty + 1;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(look_interval);
  }
  return true;
}

}  // namespace braggd
