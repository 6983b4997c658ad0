#pragma once

#include <chrono>
#include <filesystem>

namespace braggd {

/// Only one holder at a time among all threads and programs of this machine. The lock ends with its scope or with its
/// program, however that dies; the file, which is made where it is not there, stays.
class FileLock {
 public:
  /// Waits. Throws OutputError where the file cannot be made, or another holds the lock for longer than `patience`.
  explicit FileLock(const std::filesystem::path& file,
                    std::chrono::milliseconds patience = std::chrono::minutes(1));
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

}  // namespace braggd
