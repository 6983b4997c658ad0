// The group `anomaly` of a result file.
#pragma once

#include <braggd/anomaly.hpp>

#include "formats/hdf5.hpp"
#include "kernels/scan_score.hpp"

namespace braggd {

/// Writes the final score, and the running one sector by sector. Throws hdf5::Error.
void write_anomaly(const hdf5::Handle& entry, const AnomalyBaseline& baseline, const ScanScore& score);

}  // namespace braggd
