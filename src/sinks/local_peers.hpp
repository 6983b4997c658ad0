// Whether the receivers behind a UNIX socket have read all that was sent.
#pragma once

#include <chrono>

#include "sockets/connection_watch.hpp"

namespace braggd {

/// Waits until no byte is left in a socket's `ipc://` connections, those included that ZeroMQ still hands over; false: not
/// by `until`. A TCP connection that is closed still delivers what was sent; a UNIX socket tells its peer of the end at
/// once, and libzmq 4.3, where it had stopped reading because its queue was full, then leaves the rest unread.
bool wait_until_read(ConnectionWatch& connections, std::chrono::steady_clock::time_point until);

}  // namespace braggd
