#include "formats/rehearsal.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <braggd/error.hpp>

namespace braggd {

namespace {

std::filesystem::path& rehearsal_program() {
  static std::filesystem::path program;
  return program;
}

/// Where the other process reads and writes, and which signals reach it: nothing of ours, and not those that ask us to
/// stop, which a terminal sends to the whole group.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#ifdef __GLIBC__
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
#endif
    posix_spawnattr_init(&attributes_);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&blocked, signal);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* files() const {
    return &files_;
  }
  const posix_spawnattr_t* attributes() const {
    return &attributes_;
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// Memory that is in use, from the kernel's account; the peak of getrusage(2) is no answer, it begins with our parent's.
std::uint64_t resident_bytes() {
  std::ifstream account("/proc/self/statm");
  std::uint64_t all_pages = 0, resident_pages = 0;
  account >> all_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Not RLIMIT_AS: an allocation that fails within HDF5 is an error like any other there, may be passed over, and would
// succeed in the process that asked.
void watch_memory(std::uint64_t limit, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    if (resident_bytes() > limit) ::_exit(EXIT_FAILURE);
    wake.wait_for(lock, stop, std::chrono::milliseconds(5), [] { return false; });
  }
}

}  // namespace

void use_rehearsal_program(std::filesystem::path program) {
  rehearsal_program() = std::move(program);
}

void rehearse(std::string_view kind, const std::filesystem::path& path, const std::string& dataset) {
  if (rehearsal_program().empty()) return;
  std::array<std::string, 6> words{rehearsal_program().string(),
                                   "rehearse",
                                   std::string(kind),
                                   "--",  // a file's name may begin with a dash
                                   path.string(),
                                   dataset};
  std::array<char*, words.size() + 1> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  if (dataset.empty()) arguments[words.size() - 1] = nullptr;

  const SpawnSettings settings;
  pid_t child = 0;
  if (::posix_spawn(&child, words[0].c_str(), settings.files(), settings.attributes(), arguments.data(),
                    environ) != 0) {
    return;  // no process to spare: the caller takes its chance
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw InputError(path.string() +
                   " is damaged in a way that the HDF5 library does not survive: fetch it again from where "
                   "it was written");
}

std::jthread limit_rehearsal(std::uint64_t bytes) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const rlimit work{rehearsal_cpu_s, rehearsal_cpu_s};
  setrlimit(RLIMIT_CPU, &work);
  return std::jthread([bytes](const std::stop_token& stop) { watch_memory(bytes, stop); });
}

}  // namespace braggd
