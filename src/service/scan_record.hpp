// Finished scans, remembered.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/scan_run.hpp"
#include "service/scan_intake.hpp"

namespace braggd {

/// ISO 8601 in UTC with milliseconds.
std::string iso_time(std::uint64_t unix_ns);

/// What the REST interface and the history say of a finished scan.
nlohmann::ordered_json scan_record(const PassingScan& scan, const ScanReport& report);

/// The latest records, newest last; kept in a file, a line each, where there is one. Thread-safe.
class ScanHistory {
 public:
  /// `file` empty: in memory alone. Lines that cannot be read are passed over with a warning.
  ScanHistory(std::filesystem::path file, std::size_t length);

  void add(nlohmann::ordered_json record);
  /// The last `most`, newest first.
  std::vector<nlohmann::ordered_json> latest(std::size_t most) const;
  /// The newest of that name.
  std::optional<nlohmann::ordered_json> find(const std::string& scan_id) const;

 private:
  void read();
  void rewrite();

  const std::filesystem::path file_;
  const std::size_t length_;
  mutable std::mutex mutex_;
  std::deque<nlohmann::ordered_json> records_;
  std::size_t lines_in_file_ = 0;
};

}  // namespace braggd
