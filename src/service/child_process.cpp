#include "service/child_process.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <spawn.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/clock.hpp"

namespace braggd {

namespace {

using Clock = std::chrono::steady_clock;

/// A file in memory, so that a program that reads nothing blocks nobody.
class Input {
 public:
  explicit Input(const std::string& text) : descriptor_(::memfd_create("braggd-input", MFD_CLOEXEC)) {
    const auto written = descriptor_ < 0 ? -1 : ::write(descriptor_, text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) {
      ::lseek(descriptor_, 0, SEEK_SET);
      return;
    }
    if (descriptor_ >= 0) ::close(descriptor_);
    throw OutputError("no memory for the input of a program");
  }
  ~Input() { ::close(descriptor_); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

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

void run_program(const std::vector<std::string>& words, const std::string& input, Clock::duration patience,
                 const std::stop_token& stop) {
  const Input standard_input(input);
  Child child(words, standard_input.descriptor());
  const auto until = Clock::now() + patience;
  while (Clock::now() < until && sleep_for(std::chrono::milliseconds(20), stop)) {
    const auto status = child.ended();
    if (!status) continue;
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return;
    throw OutputError(WIFEXITED(*status)
                          ? words.front() + " ended with " + std::to_string(WEXITSTATUS(*status))
                          : words.front() + " was ended by signal " + std::to_string(WTERMSIG(*status)));
  }
  if (stop.stop_requested())
    throw OutputError(words.front() + " was ended, for the service ends or the rule has gone");
  throw OutputError(words.front() + fmt::format(" took longer than {:g} s and was ended",
                                                std::chrono::duration<double>(patience).count()));
}

}  // namespace braggd
