// The score of a scan whose patches are at hand.
#pragma once

#include "formats/scan_patches.hpp"
#include "kernels/scan_score.hpp"
#include "learning/anomaly_model.hpp"

namespace braggd {

/// Scores a scan against a model. `stream`: as the stage score_anomaly does while a scan runs. `compat`: as the published
/// program does, with frame 0 left out, intensities as it keeps them, the statistics of the scan's own patches, and an
/// embedding that equals a centroid counted as confident. Throws InputError in `compat` where no patch is left.
ScanScore score_patches(const AnomalyModel& model, const ScanPatches& patches, ReiMode mode);

}  // namespace braggd
