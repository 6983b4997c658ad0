// Results that came ahead of their turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace braggd {

/// Holds records by index: in memory up to a limit, beyond it in a file without a name in `directory` (which
/// is gone with the process, however that ends). A record on disk costs a few dozen bytes of memory. The memory of
/// up to 256 records that were taken is used again, 64 MiB of it at most.
class ReorderStore {
 public:
  ReorderStore(std::filesystem::path directory, std::uint64_t memory_limit_bytes);
  ~ReorderStore();
  ReorderStore(const ReorderStore&) = delete;
  ReorderStore& operator=(const ReorderStore&) = delete;

  /// False where there is a record of that index already. Throws OutputError where the file cannot take it.
  bool put(std::uint64_t index, std::span<const std::byte> record);
  /// Removes a record and shows it until the next call. Throws OutputError where it cannot be read back.
  std::optional<std::span<const std::byte>> take(std::uint64_t index);

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

  using Records = std::unordered_map<std::uint64_t, Record>;
  Records::node_type spare_node();
  void keep_spare(Records::node_type node);
  void spill(Record& record, std::span<const std::byte> bytes);
  void open_file();
  void forget_file_content();

  std::filesystem::path directory_;
  std::uint64_t memory_limit_bytes_;
  Records records_;
  Records::node_type taken_;                     // what `take` showed last
  std::vector<Records::node_type> spare_nodes_;  // with the memory of earlier records
  std::uint64_t spare_bytes_ = 0;
  std::uint64_t bytes_in_memory_ = 0;
  std::uint64_t bytes_on_disk_ = 0;
  std::uint64_t file_end_ = 0;
  int file_ = -1;
};

}  // namespace braggd
