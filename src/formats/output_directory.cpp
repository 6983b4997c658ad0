#include "formats/output_directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdio.h>  // NOLINT(modernize-deprecated-headers): renameat2 is POSIX's, not the standard library's
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

#include <braggd/error.hpp>

#include "core/text.hpp"

namespace braggd {

namespace fs = std::filesystem;

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

void check_output_directory(const fs::path& directory) {
  std::error_code ignored;
  const auto status = fs::status(directory, ignored);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw ConfigError(directory.string() + " is no directory: choose another one or move it away",
                      "directory");
  }
}

void prepare_output_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  std::error_code not_found;
  if (!fs::is_directory(directory, not_found)) {
    const std::string why = fs::exists(directory, not_found)
                                ? "something that is no directory is in its place"
                            : error ? error.message()
                                    : "it is not there";
    throw OutputError("cannot make the output directory " + directory.string() + ": " + why);
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw OutputError("cannot write to the output directory " + directory.string() + ": " +
                      errno_text(errno));
  }
}

void require_room(const fs::path& directory, std::uint64_t bytes) {
  struct statvfs room {};
  if (::statvfs(directory.c_str(), &room) != 0) {
    throw OutputError("cannot tell the free space of " + directory.string() + ": " + errno_text(errno));
  }
  const std::uint64_t free_bytes = std::uint64_t{room.f_bavail} * room.f_frsize;
  if (free_bytes < reserved_bytes || free_bytes - reserved_bytes < bytes) {
    throw OutputError("the disk of " + directory.string() + " is full: " + format_bytes(free_bytes) +
                      " are free, " + format_bytes(bytes) + " and a reserve of " +
                      format_bytes(reserved_bytes) + " are needed; make room or choose another directory");
  }
}

void sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // EINVAL: this file system has no such thing, its names are durable by themselves or never.
  const bool synced = fd >= 0 && (::fsync(fd) == 0 || errno == EINVAL);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!synced)
    throw OutputError("cannot flush the directory " + directory.string() + ": " + errno_text(error));
}

bool rename_to_new_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno == EINVAL || errno == ENOSYS) {  // network file systems: the next best is a check before
    if (fs::exists(fs::symlink_status(to))) return false;
    if (::rename(from.c_str(), to.c_str()) == 0) return true;
  }
  throw OutputError("cannot rename " + from.string() + " to " + to.filename().string() + ": " +
                    errno_text(errno));
}

}  // namespace braggd
