#pragma once

#include <functional>
#include <thread>

namespace braggd {

/// Ignores SIGPIPE and SIGXFSZ: a write that fails says so itself. To be called first thing in main.
void ignore_write_signals();

/// Blocks SIGINT, SIGTERM and SIGHUP in this thread and all that it starts afterwards, so that a SignalWatcher hears them. For
/// verbs that have one, before they start a thread, open a ZeroMQ socket or read a pipeline, whose models have threads of
/// their own; anywhere else these signals end the process as they always do.
void block_stop_signals();

struct SignalActions {
  std::function<void()> on_stop;
  std::function<void()> on_abort;
  std::function<void()> on_reload;  ///< empty: SIGHUP ends the process as it always does
};

/// While it lives, SIGINT and SIGTERM are heard: the first calls `on_stop`, the second `on_abort`; the third ends the
/// process at once. SIGHUP calls `on_reload`. Hears only what block_stop_signals() has blocked.
class SignalWatcher {
 public:
  explicit SignalWatcher(SignalActions actions);

 private:
  std::jthread thread_;
};

}  // namespace braggd
