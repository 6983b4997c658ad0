// What a result file says in short.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <braggd/anomaly.hpp>

namespace braggd {

struct ResultSummary {
  std::string creator;  ///< program and version
  std::string scan_id;
  std::string exit_status;
  std::string reason;  ///< why it is not complete; else empty
  std::string start_time, end_time;
  std::uint64_t frames = 0;
  std::uint64_t frames_with_status = 0;  ///< those whose status is not 0
  std::uint64_t peaks = 0;
  std::uint64_t kept_pixels = 0;
  std::optional<std::pair<double, double>> omega_range_deg;  ///< centres of the first and last frame
  std::map<std::string, std::uint64_t> ledger;
  std::optional<AnomalySummary> anomaly;  ///< of a scan that was scored

  struct Peak {
    std::uint64_t frame = 0;
    double omega_deg = 0, row = 0, col = 0;
    double sum_intensity = 0;
    std::uint64_t n_pixels = 0;
  };
  std::vector<Peak> brightest;  ///< by sum_intensity, brightest first

  struct Process {
    std::string name, type, version;
    std::vector<std::pair<std::string, std::string>> parameters;
  };
  std::vector<Process> processes;
  std::string configuration;  ///< the YAML, byte for byte
};

/// Reads the summary of a result file, the brightest `n_brightest` peaks among it; nothing where the file is
/// no result of ours. Throws InputError for one of ours that is damaged.
std::optional<ResultSummary> read_result_summary(const std::filesystem::path& path,
                                                 std::size_t n_brightest = 5);

}  // namespace braggd
