// The rare event indicator over the scans of an experiment, as a picture.
#pragma once

#include <span>
#include <string>

#include "service/model_tasks.hpp"

namespace braggd {

/// An SVG document: REI with its error bars against load (where every scan has one) or the number of the scan, the band of
/// the baseline (mean and 4 standard deviations), scans that have changed in another colour and shape.
std::string rei_plot_svg(std::span<const AnalysedScan> scans, const AnomalyBaseline& baseline);

}  // namespace braggd
