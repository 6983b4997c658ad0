#include "learning/file_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/text.hpp"
#include "formats/output_directory.hpp"

namespace braggd {

FileLock::FileLock(const std::filesystem::path& file, std::chrono::milliseconds patience)
    : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  const std::string name = printable(file.string()) + ": ";
  if (fd_ < 0) throw OutputError(name + "cannot be opened: " + errno_text(errno));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EWOULDBLOCK && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    ::close(fd_);
    throw OutputError(name + (error == EWOULDBLOCK ? "another program has held it for " +
                                                         std::to_string(patience.count() / 1000) +
                                                         " s; try again when that is done"
                                                   : "cannot be locked: " + errno_text(error)));
  }
}

FileLock::~FileLock() {
  ::close(fd_);
}

}  // namespace braggd
