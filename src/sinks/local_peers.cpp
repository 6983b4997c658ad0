#include "sinks/local_peers.hpp"

#include <algorithm>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <thread>

namespace braggd {

namespace {

// ZeroMQ's own thread fills a connection as soon as there is room: one that is empty again and again is all there was.
constexpr int empty_looks = 30;
constexpr std::chrono::milliseconds unread_look_interval{10};

bool hold_bytes(const std::set<int>& descriptors) {
  return std::ranges::any_of(descriptors, [](int descriptor) {
    int unread = 0;
    return ::ioctl(descriptor, SIOCOUTQ, &unread) == 0 && unread > 0;
  });
}

}  // namespace

bool wait_until_read(ConnectionWatch& connections, std::chrono::steady_clock::time_point until) {
  for (int empty = 0; empty < empty_looks;) {
    connections.look_now();
    empty = hold_bytes(connections.descriptors()) ? 0 : empty + 1;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(unread_look_interval);
  }
  return true;
}

}  // namespace braggd
