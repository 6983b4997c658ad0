#include "cli/unfinished_files.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <unistd.h>

namespace braggd {

namespace {

constexpr std::array<int, 3> ending_signals{SIGINT, SIGTERM, SIGHUP};

// What a signal handler may touch: names of a fixed place, and how many of them there are.
std::array<std::atomic<char*>, 16> names{};
std::atomic<std::size_t> count{0};
static_assert(std::atomic<char*>::is_always_lock_free && std::atomic<std::size_t>::is_always_lock_free);

void remove_all() {
  for (std::size_t i = 0; i < count; ++i) ::unlink(names[i]);
}

void remove_all_and_end(int signal) {
  remove_all();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void hear(void (*handler)(int)) {
  for (const int signal : ending_signals) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler == SIG_IGN) continue;  // nohup, say: whoever started us wants it so
    now = {};
    now.sa_handler = handler;
    ::sigaction(signal, &now, nullptr);
  }
}

}  // namespace

UnfinishedFiles::UnfinishedFiles() {
  hear(&remove_all_and_end);
}

UnfinishedFiles::~UnfinishedFiles() {
  hear(SIG_DFL);
  remove_all();
  keep();
}

void UnfinishedFiles::add(const std::filesystem::path& path) {
  if (count == names.size()) throw std::logic_error("too many unfinished files");
  names[count] = ::strdup(path.c_str());
  ++count;
}

void UnfinishedFiles::keep() {
  const std::size_t kept = count.exchange(0);
  for (std::size_t i = 0; i < kept; ++i) std::free(names[i].exchange(nullptr));
}

}  // namespace braggd
