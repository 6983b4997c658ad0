#pragma once

#include <functional>
#include <thread>

namespace braggd {

/// Ignores SIGPIPE and SIGXFSZ: a write that fails says so itself. To be called first thing in main.
void ignore_write_signals();

/// Blocks SIGINT and SIGTERM in this thread and all that it starts afterwards, so that a SignalWatcher hears them. For
/// verbs that have one, before they start a thread or open a ZeroMQ socket; anywhere else these signals end the
/// process as they always do.
void block_stop_signals();

/// While it lives, SIGINT and SIGTERM are heard: the first calls `on_stop`, the second `on_abort`; the third ends the
/// process at once. Hears only what block_stop_signals() has blocked.
class SignalWatcher {
 public:
  SignalWatcher(std::function<void()> on_stop, std::function<void()> on_abort);

 private:
  std::jthread thread_;
};

}  // namespace braggd
