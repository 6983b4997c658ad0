#include "service/signals.hpp"

#include <csignal>
#include <ctime>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <utility>

namespace braggd {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void ignore_write_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalWatcher::SignalWatcher(SignalActions actions)
    : thread_([actions = std::move(actions)](const std::stop_token& token) {
        const sigset_t set = stop_signals();
        const timespec tick{0, 50'000'000};
        for (int heard = 0; !token.stop_requested();) {
          const int signal = sigtimedwait(&set, nullptr, &tick);
          if (signal < 0) continue;
          if (signal == SIGHUP) {
            if (!actions.on_reload) ::_exit(128 + signal);
            actions.on_reload();
            continue;
          }
          ++heard;
          if (heard == 1) {
            spdlog::info("signal={}: draining; the same again aborts", signal);
            actions.on_stop();
          } else if (heard == 2) {
            spdlog::warn("signal={}: aborting the scan", signal);
            actions.on_abort();
          } else {
            ::_exit(128 + signal);
          }
        }
      }) {}

}  // namespace braggd
