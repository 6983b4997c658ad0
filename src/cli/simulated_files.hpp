// A simulated scan as files: the scan, its truth, its mask, its dark frames.
#pragma once

#include <filesystem>
#include <string>

#include "simulation/config.hpp"

namespace braggd {

struct SimulatedFiles {
  std::filesystem::path scan, truth, mask, dark;  ///< dark: empty for a photon counter
  std::uint64_t frames = 0;
  std::uint64_t spots = 0;
  std::uint64_t bytes = 0;  ///< of the scan's file
};

/// Writes all of them beside `scan`, with progress on standard error; all of them, or after a signal or a
/// failure none. Throws ConfigError, OutputError.
SimulatedFiles write_simulated_files(const SimulationConfig& config, const std::filesystem::path& scan);

std::string to_text(const SimulatedFiles& files);
std::string to_json(const SimulatedFiles& files);

}  // namespace braggd
