// A recorded scan, reduced to the patches that models learn from and look at.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "formats/scan_patches.hpp"
#include "pipeline/config.hpp"

namespace braggd {

/// How scans become peaks: a pipeline file of any kind, whose source, sinks and scoring are not used.
struct Reduction {
  std::filesystem::path pipeline;
  std::vector<Override> overrides;
};

struct ReducedScan {
  std::filesystem::path scan;     ///< as it was given
  std::filesystem::path patches;  ///< file of scan_patches.hpp
  std::uint64_t n_frames = 0;     ///< that the scan has
  double threshold = 0;           ///< of the pipeline, in counts
  ScanPatches content;
};

/// Plays `scan` through the pipeline and writes its patches into `directory`; patches that a sink rei_patches wrote already
/// (by the name of the file) are copied there. Shows progress. Throws ConfigProblems for the
/// pipeline, InputError for a scan that cannot be read, is not whole or was broken off, OutputError.
ReducedScan reduce_to_patches(const Reduction& reduction, const std::filesystem::path& scan,
                              const std::filesystem::path& directory, const std::stop_token& stop);

}  // namespace braggd
