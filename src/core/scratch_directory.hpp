#pragma once

#include <filesystem>

namespace braggd {

/// A directory of a new name below `within`, gone with the object and all that is in it. Throws OutputError.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::filesystem::path& within);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace braggd
