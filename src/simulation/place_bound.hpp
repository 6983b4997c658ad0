// How well a place can be known at all from a patch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/noise_model.hpp"
#include "kernels/patches.hpp"
#include "simulation/spot_shape.hpp"

namespace braggd {

/// A simulated spot as it is expected.
struct ExpectedSpot {
  SpotShape shape;
  double row = 0, col = 0;  ///< of the frame
  double intensity = 0;     ///< counts without a cut
};

/// Variances and covariance of a place, px^2.
struct PlaceCovariance {
  double row_row = 0, row_col = 0, col_col = 0;
};

/// What a patch's pixels have in common.
struct PatchPixels {
  PatchOrigin origin;
  std::uint32_t patch_px = 0, frame_px = 0;  ///< pixels outside of the frame say nothing
  double threshold = 0;
  double background = 0;  ///< expected counts without a spot
  NoiseModel noise;
  bool poisson = false;  ///< else normal
};

/// The Cramer-Rao bound of the place of the first of `spots`: where place, height, widths, azimuth and Lorentzian's share
/// of each and the background are unknown, and of pixels below threshold only that they are. Wide priors on all but
/// the places keep it finite: those of fit_spot, and 1 rad on the azimuth. An estimator without bias cannot do better;
/// one that knows how shapes and places are distributed can, where a patch says little.
PlaceCovariance place_bound(std::span<const ExpectedSpot> spots, const PatchPixels& pixels);

}  // namespace braggd
