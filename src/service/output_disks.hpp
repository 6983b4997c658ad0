// Where a pipeline reads and writes, and how much room is there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "pipeline/plan.hpp"

namespace braggd {

/// The directories that the options of entries name: outputs of sinks, models of stages.
std::vector<std::filesystem::path> paths_of(const std::vector<Entry>& entries, FieldKind kind);

struct OutputDisk {
  std::filesystem::path directory;  ///< as the pipeline names it
  std::uint64_t free_bytes = 0;     ///< where it is, or will be
  bool writable = false;
};

std::vector<OutputDisk> output_disks(const Plan& plan);

}  // namespace braggd
