// An HDF5 file that is written under an unfinished name and shows up whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include "formats/hdf5.hpp"

namespace braggd::hdf5 {

/// A new file `<final>.part`, renamed to `<final>` when it is complete and durable. Nothing is ever
/// overwritten: where `<final>` or its unfinished name is taken, `numbered` gives `<stem>_2<extension>`, `_3`…, `refuse` throws.
///
/// A write that fails (a full disk, a quota, a file size limit) is remembered, and from then on nothing more
/// is written although HDF5 is told so: HDF5 1.10 does not survive the failure of its own clean-up. `check`
/// reports it.
class OutputFile {
 public:
  enum class NameTaken : std::uint8_t { refuse, numbered };

  /// Throws OutputError.
  OutputFile(const std::filesystem::path& final_path, NameTaken policy);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const Handle& file() const { return file_; }
  /// The name in the end, unless someone takes it in the meantime.
  const std::filesystem::path& final_path() const { return final_path_; }
  std::filesystem::path unfinished_path() const;

  /// Throws OutputError if a write has failed.
  void check() const;
  /// Throws OutputError if a write has failed or the disk has no room for `bytes` more.
  void require_room(std::uint64_t bytes) const;
  /// Runs `function`; an hdf5::Error becomes an OutputError that says what the disk said, if it said
  /// anything.
  template <class F>
  void attempt(F&& function) const {
    try {
      std::forward<F>(function)();
    } catch (const Error& error) {
      fail(error);
    }
  }
  /// Closes, flushes to disk, renames. Every other handle into the file is void afterwards. Throws
  /// OutputError.
  std::filesystem::path publish();
  /// Closes and leaves the unfinished file as it is.
  void abandon() noexcept;

 private:
  [[noreturn]] void fail(const Error& error) const;
  bool create();
  void choose_next_name();

  std::filesystem::path wanted_path_;
  std::filesystem::path final_path_;
  NameTaken policy_;
  unsigned number_ = 1;
  std::unique_ptr<int> failure_;  ///< errno of the first failed write; the driver holds a pointer to it
  Handle file_;
};

}  // namespace braggd::hdf5
