// How far estimators of a peak's place are off, by class of patch.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "inference/peak_network.hpp"
#include "kernels/weighted_centroid.hpp"
#include "learning/training_patches.hpp"

namespace braggd {

/// Puts a position to each patch of a set.
using Estimator = std::function<void(const TrainingPatches&, std::span<PatchPosition>)>;

/// One row a class that has patches, in the order of PatchClass, then "all".
std::vector<ClassAccuracy> judge(const TrainingPatches& patches, const Estimator& estimator);

/// How well predicted errors fit: the share of coordinates within one predicted sigma (0.68 for a Gaussian), per
/// class, in the order of judge(). Empty for an estimator without errors.
std::vector<double> within_one_sigma(const TrainingPatches& patches, const Estimator& estimator);

Estimator network_estimator(const PeakNetwork& network);

/// The centroid of the patch; its middle where the weights do not sum to a positive number.
Estimator centroid_estimator(CentroidWeight weight);

}  // namespace braggd
