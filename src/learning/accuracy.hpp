// How far estimators of a peak's place are off, by class of patch.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "inference/peak_network.hpp"
#include "kernels/weighted_centroid.hpp"
#include "learning/judging_patches.hpp"

namespace braggd {

/// Puts a position to each patch of a set.
using Estimator = std::function<void(const TrainingPatches&, std::span<PatchPosition>)>;

std::vector<PatchPosition> places_of(const TrainingPatches& patches, const Estimator& estimator);

/// One row a group that has patches, in the order of their names, then "all".
std::vector<ClassAccuracy> accuracy_by(const TrainingPatches& patches, std::span<const PatchPosition> places,
                                       const PatchGroups& groups);

/// The same of an estimator, by class.
std::vector<ClassAccuracy> judge(const TrainingPatches& patches, const Estimator& estimator);

/// How well stated errors fit: the share of coordinates within one stated sigma (0.68 for a Gaussian) of those that
/// have one, in the order of accuracy_by. NaN in a group without errors; empty where none are stated.
std::vector<double> within_one_sigma(const TrainingPatches& patches, std::span<const PatchPosition> places,
                                     const PatchGroups& groups);

/// `noise_known`: the network is told the noise of each patch.
Estimator network_estimator(const PeakNetwork& network, bool noise_known);

/// The centroid of the patch; its middle where the weights do not sum to a positive number.
Estimator centroid_estimator(CentroidWeight weight);

}  // namespace braggd
