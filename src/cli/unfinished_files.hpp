// Files that come together or not at all.
#pragma once

#include <filesystem>

namespace braggd {

/// Files that this process has made and that are of no use by themselves: they are removed if this object goes before
/// `keep` was called, and also if SIGINT, SIGTERM or SIGHUP ends the process while it lives, which they do at once.
/// There may be one such object at a time.
class UnfinishedFiles {
 public:
  UnfinishedFiles();
  ~UnfinishedFiles();
  UnfinishedFiles(const UnfinishedFiles&) = delete;
  UnfinishedFiles& operator=(const UnfinishedFiles&) = delete;

  /// To be called once `path` exists: a file that somebody else has made is not ours to remove. 16 at most.
  void add(const std::filesystem::path& path);
  void keep();
};

}  // namespace braggd
