#include "service/child_process.hpp"

#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <spawn.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <braggd/error.hpp>

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

// A file in memory, so that a program that reads nothing blocks nobody.
int input_descriptor(const std::string& text) {
  const int descriptor = ::memfd_create("braggd-input", MFD_CLOEXEC);
  if (descriptor < 0 || ::write(descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw OutputError("no memory for the facts of a scan");
  }
  ::lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

class Child {
 public:
  Child(const std::vector<std::string>& words, int standard_input) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, standard_input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, standard;
    sigemptyset(&none);
    sigfillset(&standard);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int error = ::posix_spawn(&process_, arguments[0], &files, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw OutputError(words.front() + " cannot be run: " + std::string(std::strerror(error)));
  }
  ~Child() {
    if (process_ <= 0) return;
    ::kill(-process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its exit status as waitpid gives it, once it has ended.
  std::optional<int> ended() {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
    process_ = 0;
    return status;
  }

 private:
  pid_t process_ = 0;
};

}  // namespace

bool sleep_for(Clock::duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

void run_program(const std::vector<std::string>& words, const std::string& input, Clock::duration patience,
                 const std::stop_token& stop) {
  const int standard_input = input_descriptor(input);
  Child child(words, standard_input);
  ::close(standard_input);
  const auto until = Clock::now() + patience;
  while (Clock::now() < until && sleep_for(std::chrono::milliseconds(20), stop)) {
    const auto status = child.ended();
    if (!status) continue;
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return;
    throw OutputError(WIFEXITED(*status)
                          ? words.front() + " ended with " + std::to_string(WEXITSTATUS(*status))
                          : words.front() + " was ended by signal " + std::to_string(WTERMSIG(*status)));
  }
  throw OutputError(words.front() + fmt::format(" took longer than {:g} s and was ended",
                                                std::chrono::duration<double>(patience).count()));
}

}  // namespace braggd
