// Results that came ahead of their turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_map>
#include <vector>

namespace braggd {

/// Holds records by index: in memory up to a limit, beyond it in a file without a name in `directory` (which
/// is gone with the process, however that ends). A record on disk costs a few dozen bytes of memory.
class ReorderStore {
 public:
  ReorderStore(std::filesystem::path directory, std::uint64_t memory_limit_bytes);
  ~ReorderStore();
  ReorderStore(const ReorderStore&) = delete;
  ReorderStore& operator=(const ReorderStore&) = delete;

  /// False where there is a record of that index already. Throws OutputError where the file cannot take it.
  bool put(std::uint64_t index, std::vector<std::byte> record);
  /// Removes and returns a record. Throws OutputError where it cannot be read back.
  std::optional<std::vector<std::byte>> take(std::uint64_t index);

  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  std::uint64_t bytes_in_memory() const { return bytes_in_memory_; }
  std::uint64_t bytes_on_disk() const { return bytes_on_disk_; }

 private:
  struct Record {
    std::vector<std::byte> bytes;  ///< empty: on disk
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool on_disk = false;
  };

  void spill(Record& record);
  void open_file();
  void forget_file_content();

  std::filesystem::path directory_;
  std::uint64_t memory_limit_bytes_;
  std::unordered_map<std::uint64_t, Record> records_;
  std::uint64_t bytes_in_memory_ = 0;
  std::uint64_t bytes_on_disk_ = 0;
  std::uint64_t file_end_ = 0;
  int file_ = -1;
};

}  // namespace braggd
