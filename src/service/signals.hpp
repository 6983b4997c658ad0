#pragma once

#include <functional>
#include <thread>

namespace braggd {

/// Blocks SIGINT and SIGTERM in this thread and all that it starts afterwards, and ignores SIGPIPE and SIGXFSZ (a
/// write that fails says so itself). To be called first thing in main.
void prepare_signals();

/// While it lives, SIGINT and SIGTERM are heard: the first calls `on_stop`, the second `on_abort`; the third ends the
/// process at once.
class SignalWatcher {
 public:
  SignalWatcher(std::function<void()> on_stop, std::function<void()> on_abort);

 private:
  std::jthread thread_;
};

}  // namespace braggd
